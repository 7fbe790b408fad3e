import type { Listener } from '../server/listener.ts';
import { Server } from '../server/server.ts';
import { isPlainCgi, runPlainCgi } from './plain-cgi.ts';
import { createHttpServer, listenHttp } from './serve-http.ts';
import { listenInherited } from './serve-inherited.ts';
import {
  type Host,
  resolveProgramOptions,
  type Served,
  type ServeOptions,
} from './serve-options.ts';
import { runAsProgram, runFastCgi } from './serve-program.ts';

/**
 * Serves an application in the way that its process was started for:
 *
 * 1. FastCGI, if it was started with a listening socket: systemd's (LISTEN_FDS and LISTEN_PID), else file
 *    descriptor 0, as spawn-fcgi, mod_fcgid and lighttpd leave it;
 * 2. else plain CGI, if GATEWAY_INTERFACE is set: one request, answered on standard output;
 * 3. else HTTP on `port`, as in development.
 *
 * It is meant to be the whole of a program. SIGTERM, SIGINT and SIGHUP drain the server, and the process
 * exits with code 0 within `drainTimeout`; the second SIGINT ends it at once. When it cannot listen, one
 * line says why and the exit code is 1, unless the server has a listener for `'error'`.
 *
 * @param app what `createServer()` takes: an application, a listener `(req, res)`, a Handler class
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, or {RangeError} `ERR_OUT_OF_RANGE`, for a wrong option
 */
export function serve(app: Listener, options: ServeOptions = {}): Served {
  return serveIn(process, app, options);
}

/** `serve()` in a process that is given. */
export function serveIn(host: Host, app: Listener, options: ServeOptions): Served {
  const settings = resolveProgramOptions(options, host);
  const server = new Server(options, app);
  if (listenInherited(server, host)) {
    runFastCgi(server, host, settings);
    return { mode: 'fastcgi', server };
  }
  if (isPlainCgi(host.env)) {
    settings.logQuietly('fcgi: CGI, one request');
    runPlainCgi(server, host, settings);
    return { mode: 'cgi', server };
  }
  const httpServer = createHttpServer(app, options);
  runAsProgram(httpServer, host, settings, 'HTTP');
  listenHttp(httpServer, options, host);
  return { mode: 'http', server: httpServer };
}
