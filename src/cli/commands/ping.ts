import { getValues, request } from '../../client/index.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { requestParams } from '../get/request-params.ts';
import { print } from '../host.ts';
import { seconds, text, texts } from '../parse.ts';
import { checkTarget, targetArgument } from '../target.ts';
import { DEFAULT_TIMEOUT_MS } from './values.ts';

export const pingCommand: Command = {
  name: 'ping',
  summary: 'Says by its exit code whether an application is healthy.',
  description: [
    'Without a path it asks with FCGI_GET_VALUES, which reaches no handler; any answer is a good one. With a path it sends a GET request, and a status below 400 is a good one.',
  ],
  arguments: [
    targetArgument,
    { name: 'path', optional: true, help: 'What to ask for, as /health.' },
  ],
  options: {
    root: {
      short: 'r',
      value: 'folder',
      help: 'The document root, for php-fpm.',
      completion: 'folder',
    },
    param: {
      short: 'p',
      value: 'NAME=value',
      multiple: true,
      help: 'With a path: a variable to add or replace.',
    },
    timeout: { short: 'm', value: 'seconds', help: 'How long to wait for the answer: 5.' },
    quiet: { short: 'q', help: 'Print nothing when all is well.' },
  },
  examples: [
    ['as the HEALTHCHECK of a container', 'fcgi ping :9000 --quiet'],
    ['by a page of the application, within a second', 'fcgi ping /run/app/app.sock /health -m 1'],
    [
      'php-fpm by its ping.path',
      'fcgi ping /run/php/php-fpm.sock /ping -p SCRIPT_FILENAME=/ping -p SCRIPT_NAME=/ping',
    ],
  ],
  async run({ args, values }, host) {
    const target = checkTarget(args[0]);
    const timeout = seconds(values, 'timeout') ?? DEFAULT_TIMEOUT_MS;
    const [, path] = args;
    if (path === undefined) await getValues(target, undefined, { timeout });
    else {
      const root = text(values, 'root');
      const parts = { path, root, method: undefined, headers: [], length: undefined };
      await ask(target, requestParams({ ...parts, params: texts(values, 'param') }), timeout);
    }
    if (values.quiet !== true) print(host, `${target} is healthy\n`);
    return ExitCode.OK;
  },
};

async function ask(
  target: string,
  params: Readonly<Record<string, string | undefined>>,
  timeout: number,
): Promise<void> {
  const { statusCode, statusMessage, body, completed } = await request(target, { params, timeout });
  body.resume();
  await completed;
  if (statusCode < 400) return;
  const status = `${statusCode} ${statusMessage}`.trimEnd();
  throw new Failure(ExitCode.STATUS, `${target} answered with the status ${status}`);
}
