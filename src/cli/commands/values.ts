import { getValues } from '../../client/index.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { escapeControls } from '../failure.ts';
import { readable } from '../get/describe-content.ts';
import { asBytes } from '../get/request-headers.ts';
import { showRecords } from '../get/show-records.ts';
import { print } from '../host.ts';
import { seconds } from '../parse.ts';
import { checkTarget, targetArgument } from '../target.ts';

export const valuesCommand: Command = {
  name: 'values',
  summary: 'Asks an application what it can do (FCGI_GET_VALUES).',
  description: [
    'Prints a line NAME=value for each value that the application knows. One that does not know the question knows none.',
  ],
  arguments: [
    targetArgument,
    {
      name: 'names',
      optional: true,
      help: 'What to ask for, with commas between: FCGI_MAX_CONNS,FCGI_MAX_REQS,FCGI_MPXS_CONNS.',
    },
  ],
  options: {
    timeout: { short: 'm', value: 'seconds', help: 'How long to wait for the answer: 5.' },
    verbose: {
      short: 'v',
      help: 'Show the records in both directions on the standard error, and the stack trace of an error.',
    },
  },
  examples: [
    ['how many requests an application takes at once', 'fcgi values /run/app/app.sock'],
    ['one value', 'fcgi values :9000 FCGI_MPXS_CONNS'],
  ],
  async run({ args, values }, host) {
    const target = checkTarget(args[0]);
    const names = args[1]?.split(',').map(asBytes);
    const answer = await getValues(target, names, {
      timeout: seconds(values, 'timeout') ?? DEFAULT_TIMEOUT_MS,
      ...(values.verbose === true && { onRecord: showRecords(host) }),
    });
    for (const [name, value] of Object.entries(answer)) {
      print(host, `${escapeControls(readable(name))}=${escapeControls(readable(value))}\n`);
    }
    return ExitCode.OK;
  },
};

/** Nobody computes before such an answer. */
export const DEFAULT_TIMEOUT_MS = 5000;
