import type { RequestListener } from 'node:http';
import type { ServerOptions } from './options.ts';
import { Server } from './server.ts';

export type { ListenOptions } from './listen.ts';
export type { ServerOptions } from './options.ts';
export type { RequestContext } from './request-context.ts';
export type { ServerEvents } from './server-events.ts';
export { Server };

/**
 * Makes a FastCGI server, as `http.createServer()` makes an HTTP one.
 *
 * @param listener called with an `http.IncomingMessage` and an `http.ServerResponse`: an Express, Connect
 *   or Koa (`app.callback()`) application, or any function `(req, res)`
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, or {RangeError} `ERR_OUT_OF_RANGE`, for a wrong option
 */
export function createServer(listener?: RequestListener): Server;
export function createServer(options: ServerOptions, listener?: RequestListener): Server;
export function createServer(
  options: ServerOptions | RequestListener = {},
  listener?: RequestListener,
): Server {
  return typeof options === 'function' ? new Server({}, options) : new Server(options, listener);
}
