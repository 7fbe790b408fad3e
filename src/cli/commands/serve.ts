import type { Command } from '../command.ts';
import { text, texts } from '../parse.ts';
import { loadListener } from '../serve/load-listener.ts';
import { serveApplication } from '../serve/serve-application.ts';
import { serveSettings } from '../serve/serve-settings.ts';
import { watchApplication } from '../watch/watch.ts';

export const serveCommand: Command = {
  name: 'serve',
  summary: 'Serves the application that a module exports.',
  description: [
    'The module is an ES module, CommonJS, or TypeScript where Node runs it. It exports a listener (req, res), an application of Express, Connect, Koa or Fastify, a class that extends Handler, an http.Server, or a function that makes one of these. It must not listen by itself.',
    'Without --listen and --http it serves on the socket that the process was started with (systemd, spawn-fcgi, mod_fcgid), as a CGI program where GATEWAY_INTERFACE is set, else on ./fcgi.sock.',
    'SIGTERM, SIGINT and SIGHUP let the running requests finish; then it exits with 0.',
  ],
  arguments: [{ name: 'module', help: 'The file, as for node.', completion: 'file' }],
  options: {
    listen: {
      short: 'l',
      value: 'address',
      help: 'Where web servers connect: the path of a Unix socket, host:port, :port for 127.0.0.1, fd for the socket that the process was started with, or the number of a file descriptor.',
      completion: 'file',
    },
    mode: { value: 'bits', help: 'Permissions of the socket file in octal, as 0660.' },
    http: {
      value: 'port',
      help: 'Serve HTTP too, on this port of 127.0.0.1 or host:port: the gateway stands in front of the application.',
    },
    root: {
      value: 'folder',
      help: 'With --http: the document root, whose files the gateway serves.',
      completion: 'folder',
    },
    watch: {
      short: 'w',
      help: 'Start anew when a source file changes. Connections wait meanwhile: none is refused.',
    },
    'watch-path': {
      value: 'folder',
      multiple: true,
      help: "With --watch: watch this folder instead of the module's.",
      completion: 'folder',
    },
    export: { value: 'name', help: 'The export of the module that is the application.' },
    base: { value: 'path', help: "The path under which it is mounted, or 'auto'." },
    allow: {
      value: 'address',
      multiple: true,
      help: 'A TCP peer that may connect, or a CIDR block; without it all may.',
    },
    'max-requests': { value: 'count', help: 'End after so many requests, to be started anew.' },
    'drain-timeout': {
      value: 'seconds',
      help: 'How long running requests may take to end after a signal: 10, with --watch 1.',
    },
  },
  examples: [
    [
      'behind nginx, whose user is in the group of the folder',
      'fcgi serve ./app.js --listen /run/app/app.sock --mode 0660',
    ],
    [
      'while developing: http://127.0.0.1:8080, with reload',
      'fcgi serve ./app.ts --http 8080 --watch',
    ],
    ['on the socket of a systemd socket unit', 'fcgi serve ./app.js --listen fd'],
  ],
  async run({ args, values }, host) {
    const settings = serveSettings(values, host);
    const [module] = args as [string];
    const exportName = text(values, 'export');
    if (values.watch === true) {
      const paths = texts(values, 'watch-path');
      const verbose = values.verbose === true;
      watchApplication({ module, exportName, paths, verbose }, settings, host);
      return undefined;
    }
    const listener = await loadListener(module, exportName, host);
    serveApplication(listener, settings, host);
    return undefined;
  },
};
