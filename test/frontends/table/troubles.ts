/** What goes wrong when a person sets up a web server. */
export type Trouble = 'not started' | 'no permission' | 'killed' | 'too large';

/** What a person sees of it. */
export interface Sight {
  /** What the client gets. */
  readonly status: number;
  /** A part of what is in the error log; undefined where it holds nothing. The path is that of deploy/. */
  readonly message: string | undefined;
  /** It does not go by what Content-Length says, but counts what comes. */
  readonly counts?: true;
}

/** By the name of the web server. docs/web-servers.md has each message. */
export const SIGHTS: Readonly<Record<string, Readonly<Record<Trouble, Sight>>>> = {
  nginx: {
    'not started': {
      status: 502,
      message: 'connect() to unix:/run/app/app.sock failed (2: No such file or directory)',
    },
    'no permission': {
      status: 502,
      message: 'connect() to unix:/run/app/app.sock failed (13: Permission denied)',
    },
    killed: {
      status: 502,
      message: 'connect() to unix:/run/app/app.sock failed (111: Connection refused)',
    },
    'too large': { status: 413, message: 'client intended to send too large body' },
  },
  'Apache mod_proxy_fcgi': {
    'not started': {
      status: 503,
      message:
        '(2)No such file or directory: AH02454: FCGI: attempt to connect to Unix domain socket /run/app/app.sock',
    },
    'no permission': {
      status: 503,
      message:
        '(13)Permission denied: AH02454: FCGI: attempt to connect to Unix domain socket /run/app/app.sock',
    },
    killed: {
      status: 503,
      message:
        '(111)Connection refused: AH02454: FCGI: attempt to connect to Unix domain socket /run/app/app.sock',
    },
    'too large': { status: 413, message: undefined },
  },
  lighttpd: {
    'not started': {
      status: 503,
      message:
        'establishing connection failed: socket: unix:/run/app/app.sock: No such file or directory',
    },
    'no permission': {
      status: 503,
      message: 'establishing connection failed: socket: unix:/run/app/app.sock: Permission denied',
    },
    killed: {
      status: 503,
      message: 'establishing connection failed: socket: unix:/run/app/app.sock: Connection refused',
    },
    'too large': { status: 413, message: 'request-size too long' },
  },
  Caddy: {
    'not started': {
      status: 502,
      message: 'dial unix /run/app/app.sock: connect: no such file or directory',
    },
    'no permission': {
      status: 502,
      message: 'dial unix /run/app/app.sock: connect: permission denied',
    },
    killed: { status: 502, message: 'dial unix /run/app/app.sock: connect: connection refused' },
    'too large': { status: 413, message: undefined, counts: true },
  },
  HAProxy: {
    'not started': { status: 503, message: 'SC--' },
    'no permission': { status: 503, message: 'SC--' },
    killed: { status: 503, message: 'SC--' },
    'too large': { status: 413, message: 'PR--' },
  },
  h2o: {
    'not started': { status: 503, message: 'connection failed:failed to connect to host' },
    'no permission': { status: 503, message: 'connection failed:failed to connect to host' },
    killed: { status: 503, message: 'connection failed:failed to connect to host' },
    'too large': { status: 413, message: undefined },
  },
};
