import { resolveProgramOptions } from '../../program/serve-options.ts';
import type { Command } from '../command.ts';
import { seconds, text } from '../parse.ts';
import { parseHttp } from '../serve/listen-address.ts';
import { standInFront } from '../serve/stand-in-front.ts';
import { checkTarget, targetArgument } from '../target.ts';

export const gatewayCommand: Command = {
  name: 'gateway',
  summary: 'Serves HTTP in front of an application, as a web server does.',
  description: [
    'For development: it listens on 127.0.0.1 unless told otherwise. SIGTERM, SIGINT and SIGHUP let the running requests finish; then it exits with 0.',
  ],
  arguments: [targetArgument],
  options: {
    port: { short: 'P', value: 'port', help: 'The port, or host:port: 8080.' },
    timeout: {
      short: 'm',
      value: 'seconds',
      help: 'How long the application may be silent before the answer is 504: 60.',
    },
  },
  examples: [
    ['http://127.0.0.1:8080 in front of a socket', 'fcgi gateway /run/app/app.sock --port 8080'],
  ],
  async run({ args, values }, host) {
    const target = checkTarget(args[0]);
    const http = parseHttp('port', text(values, 'port') ?? '8080');
    const timeout = seconds(values, 'timeout');
    standInFront(target, { http, timeout }, resolveProgramOptions({}, host.process), host);
    return undefined;
  },
};
