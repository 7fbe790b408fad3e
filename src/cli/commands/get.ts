import { Role } from '../../protocol/index.ts';
import type { Command, Values } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { UsageError } from '../failure.ts';
import { requestData } from '../get/request-data.ts';
import { requestParams } from '../get/request-params.ts';
import { send } from '../get/send.ts';
import { seconds, text, texts } from '../parse.ts';
import { checkTarget, targetArgument } from '../target.ts';

const roles: { readonly [name: string]: Role } = {
  responder: Role.RESPONDER,
  authorizer: Role.AUTHORIZER,
  filter: Role.FILTER,
};

export const getCommand: Command = {
  name: 'get',
  summary: 'Sends a request and prints the answer: curl for FastCGI.',
  description: [
    'The application gets the variables that a web server on this machine would send. What it writes to FCGI_STDERR goes to the standard error.',
  ],
  arguments: [
    targetArgument,
    {
      name: 'path',
      help: 'What is asked for: /path?query, or a URL, whose host and https are told to the application.',
    },
  ],
  options: {
    request: { short: 'X', value: 'method', help: 'The method: GET, with a body POST.' },
    data: {
      short: 'd',
      value: 'data',
      multiple: true,
      help: 'The body: a text, @file, or @- for the standard input. Several texts are joined by &. Its type is that of a form unless -H says another one.',
    },
    header: {
      short: 'H',
      value: 'line',
      multiple: true,
      help: "A header, as 'Accept: text/html'; 'Accept:' takes it away.",
    },
    param: {
      short: 'p',
      value: 'NAME=value',
      multiple: true,
      help: 'A variable to add or replace, as REMOTE_USER=ada; NAME alone takes it away.',
    },
    root: {
      short: 'r',
      value: 'folder',
      help: 'The document root, for php-fpm: SCRIPT_FILENAME is the file that the path names in it.',
      completion: 'folder',
    },
    role: {
      value: 'role',
      help: 'responder, authorizer or filter.',
      completion: Object.keys(roles),
    },
    head: { short: 'I', help: 'Ask for the head alone (HEAD), and print it.' },
    include: { short: 'i', help: 'Print the head of the response too.' },
    output: {
      short: 'o',
      value: 'file',
      help: 'Write to this file instead of the standard output.',
      completion: 'file',
    },
    fail: { short: 'f', help: 'Take a status of 400 or above for a failure, and print no body.' },
    timeout: {
      short: 'm',
      value: 'seconds',
      help: 'How long the application may be silent: 60. 0 waits for ever.',
    },
    verbose: {
      short: 'v',
      help: 'Show the records in both directions on the standard error, and the stack trace of an error.',
    },
  },
  examples: [
    ['what the browser would get', "fcgi get /run/app/app.sock '/search?q=fcgi'"],
    ['with the head, and every record', 'fcgi get 127.0.0.1:9000 / -i -v'],
    ['php-fpm', 'fcgi get /run/php/php-fpm.sock /index.php --root /srv/www'],
    [
      'an upload by a user whom the web server would have known',
      "fcgi get :9000 /import -d @data.json -H 'Content-Type: application/json' -p REMOTE_USER=ada",
    ],
  ],
  async run({ args, values }, host) {
    const [, path = ''] = args;
    const target = checkTarget(args[0]);
    const role = roleOf(values);
    const timeout = seconds(values, 'timeout');
    const data = await requestData(texts(values, 'data'), host);
    const params = requestParams({
      path,
      method: values.head === true ? 'HEAD' : text(values, 'request'),
      headers: texts(values, 'header'),
      params: texts(values, 'param'),
      root: text(values, 'root'),
      length: data?.length,
    });
    await send({ target, params, data, role, timeout, ...flags(values) }, host);
    return ExitCode.OK;
  },
};

function flags(values: Values) {
  return {
    verbose: values.verbose === true,
    include: values.include === true || values.head === true,
    fail: values.fail === true,
    output: text(values, 'output'),
  };
}

function roleOf(values: Values): Role {
  const name = text(values, 'role') ?? 'responder';
  const role = roles[name];
  if (role === undefined)
    throw new UsageError(`--role ${name} is none of ${Object.keys(roles).join(', ')}`);
  return role;
}
