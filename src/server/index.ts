import type { Listener } from './listener.ts';
import type { ServerOptions } from './options.ts';
import { Server } from './server.ts';

export type {
  ConnectionMessage,
  ErrorMessage,
  RequestAbortMessage,
  RequestEndMessage,
  RequestMessage,
  RequestRefuseMessage,
  ServerChannels,
} from './diagnostics.ts';
export type { ListenOptions } from './listen.ts';
export type { Listener } from './listener.ts';
export type { ServerOptions } from './options.ts';
export type { RequestContext } from './request-context.ts';
export type { ServerEvents } from './server-events.ts';
export { Server };

/**
 * Makes a FastCGI server, as `http.createServer()` makes an HTTP one.
 *
 * @param listener called with an `http.IncomingMessage` and an `http.ServerResponse`: an Express, Connect
 *   or Koa (`app.callback()`) application, or any function `(req, res)`; or a class that extends
 *   {@link Handler}, of which each request gets an instance
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, or {RangeError} `ERR_OUT_OF_RANGE`, for a wrong option
 */
export function createServer(listener?: Listener): Server;
export function createServer(options: ServerOptions, listener?: Listener): Server;
export function createServer(options: ServerOptions | Listener = {}, listener?: Listener): Server {
  return typeof options === 'function' ? new Server({}, options) : new Server(options, listener);
}
