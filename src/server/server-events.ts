import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DropArgument, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** The events of `Server`: those of `net.Server`, and those that `http.Server` adds. */
export interface ServerEvents {
  close: [];
  connection: [socket: Socket];
  error: [error: Error];
  listening: [];
  drop: [data?: DropArgument];
  /** A request, as on `http.Server`. */
  request: [req: IncomingMessage, res: ServerResponse];
  /**
   * The web server sent what it must not, or its connection failed. A `ProtocolError` has ended its
   * connection, an `FcgiError` with a `requestId` that request alone. The socket is destroyed already.
   */
  clientError: [error: Error & { code?: string }, socket: Duplex];
  /** `handle()` of a Handler failed: with what it threw. Its request was answered, or cut off. */
  handlerError: [error: unknown, req: IncomingMessage];
  /** A request was answered FCGI_OVERLOADED. */
  dropRequest: [socket: Socket];
  /** A request's socket was idle for `server.timeout` milliseconds. */
  timeout: [socket: Duplex];
}

/** A listener for one of them. */
export type ServerListener<Name extends keyof ServerEvents> = (...args: ServerEvents[Name]) => void;

/** The name of an event of somebody else's; one of ours must not pass for it with a wrong listener. */
export type OtherEvent<Name extends string> = Name extends keyof ServerEvents ? never : Name;
