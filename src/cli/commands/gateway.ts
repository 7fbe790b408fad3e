import { resolve } from 'node:path';
import { resolveProgramOptions } from '../../program/serve-options.ts';
import type { Command, Values } from '../command.ts';
import { UsageError } from '../failure.ts';
import { type Host, print } from '../host.ts';
import { seconds, text, texts } from '../parse.ts';
import { parseHttp } from '../serve/listen-address.ts';
import { type GatewaySettings, standInFront } from '../serve/stand-in-front.ts';
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
    root: {
      short: 'r',
      value: 'folder',
      help: 'The document root: its files are sent, its scripts (*.php) are run by the application.',
      completion: 'folder',
    },
    'no-scripts': {
      help: 'With --root: the application has no script files, and gets every path that is no file.',
    },
    index: {
      value: 'name',
      multiple: true,
      help: 'With --root: what answers for a folder: index.php.',
    },
    fallback: {
      value: 'path',
      help: 'With --root: the script that answers for paths that are not there, as /index.php.',
    },
    log: { short: 'l', help: 'Print a line for each request.' },
    timeout: {
      short: 'm',
      value: 'seconds',
      help: 'How long the application may be silent before the answer is 504: 60.',
    },
  },
  examples: [
    ['http://127.0.0.1:8080 in front of a socket', 'fcgi gateway /run/app/app.sock --port 8080'],
    [
      'php-fpm with its files',
      'fcgi gateway /run/php/php-fpm.sock --root /srv/www --fallback /index.php',
    ],
  ],
  async run({ args, values }, host) {
    const target = checkTarget(args[0]);
    const settings = gatewaySettings(values, host);
    standInFront(target, settings, resolveProgramOptions({}, host.process), host);
    return undefined;
  },
};

function gatewaySettings(values: Values, host: Host): GatewaySettings {
  const http = parseHttp('port', text(values, 'port') ?? '8080');
  const root = text(values, 'root');
  const index = texts(values, 'index');
  const common = {
    http,
    timeout: seconds(values, 'timeout'),
    accessLog: values.log === true ? (line: string) => print(host, `${line}\n`) : undefined,
  };
  if (root === undefined) {
    const orphan = ['no-scripts', 'index', 'fallback'].find((name) => values[name] !== undefined);
    if (orphan) throw new UsageError(`--${orphan} needs --root`);
    return common;
  }
  return {
    ...common,
    root: resolve(host.process.cwd(), root),
    static: true,
    scripts: values['no-scripts'] === true ? false : undefined,
    index: index.length > 0 ? index : undefined,
    fallback: text(values, 'fallback'),
  };
}
