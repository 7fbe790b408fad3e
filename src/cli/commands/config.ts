import type { Command } from '../command.ts';
import { findVariant, servers, variants } from '../config/files.ts';
import { isTcp, substitute } from '../config/substitute.ts';
import { ExitCode } from '../exit-code.ts';
import { type Host, print } from '../host.ts';
import { text } from '../parse.ts';

export const configCommand: Command = {
  name: 'config',
  summary: 'Prints the configuration of a web server or of systemd.',
  description: [
    'Without a server it lists what there is. The first lines of each configuration say where to copy it. With --base the application must know the path too: serve --base, or the option base of createServer().',
  ],
  arguments: [
    {
      name: 'server',
      optional: true,
      help: 'nginx, apache, htaccess, lighttpd, caddy, haproxy, systemd or another one of the list.',
      completion: [
        'nginx',
        'apache',
        'htaccess',
        'lighttpd',
        'caddy',
        'haproxy',
        'systemd',
        'h2o',
        'docker',
        'kubernetes',
      ],
    },
  ],
  options: {
    variant: {
      value: 'name',
      help: 'Another configuration than the usual one, or one of its files.',
    },
    socket: {
      short: 's',
      value: 'address',
      help: 'Where the application listens: the path of a Unix socket, or host:port.',
      completion: 'file',
    },
    'server-name': { short: 'n', value: 'host', help: 'The name of the site.' },
    root: {
      short: 'r',
      value: 'folder',
      help: 'The document root: files that the web server sends itself.',
      completion: 'folder',
    },
    app: { value: 'folder', help: 'The folder of the application.', completion: 'folder' },
    base: { short: 'b', value: 'path', help: 'The path under which the application is mounted.' },
  },
  examples: [
    ['what there is', 'fcgi config'],
    [
      'a site of its own',
      'fcgi config nginx --socket /run/shop/shop.sock --server-name shop.example.org',
    ],
    ['a part of a site, over TCP', 'fcgi config caddy --socket 127.0.0.1:9100 --base /shop'],
    ['a unit of systemd', 'fcgi config systemd --variant app.socket --socket /run/shop/shop.sock'],
  ],
  async run({ args: [server], values }, host) {
    if (server === undefined) {
      print(host, list(host));
      return ExitCode.OK;
    }
    const socket = text(values, 'socket');
    const over = isTcp(socket) ? 'tcp' : 'socket';
    const variant = findVariant(server, text(values, 'variant'), over, host);
    const configuration = substitute(server, `${server} (${variant.name})`, variant.text, {
      socket,
      serverName: text(values, 'server-name'),
      root: text(values, 'root'),
      app: text(values, 'app'),
      base: text(values, 'base'),
    });
    print(host, configuration);
    return ExitCode.OK;
  },
};

function list(host: Host): string {
  const lines = servers(host).flatMap((server) => [
    server,
    ...variants(server, host).map(({ name, summary }) => `  ${name.padEnd(12)} ${summary}`),
  ]);
  return `${lines.join('\n')}\n`;
}
