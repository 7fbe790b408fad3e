import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Log } from './log.ts';
import type { Answer, WireRequest } from './message.ts';

/** A way for requests to reach an application. */
export interface Transport {
  /** A server that the application may take for an `http.Server`. */
  createServer(listener: RequestListener): Server;
  connect(server: Server, log: Log): Promise<Peer>;
}

/** A request as bytes, and where they go. */
export interface Delivery {
  readonly head: Uint8Array;
  readonly body: Uint8Array;
  readonly socket: Socket;
}

/**
 * Sends a request when its time has come.
 *
 * @returns false if the client went away, and there is no answer to wait for
 */
export async function deliver(
  request: WireRequest,
  log: Log,
  delivery: Delivery,
): Promise<boolean> {
  const { head, body, socket } = delivery;
  const { bodyAfter, hangUpAfter, withholdsBody } = request;
  if (withholdsBody) {
    socket.write(head);
  } else if (bodyAfter) {
    socket.write(head);
    await log.until(bodyAfter);
    socket.write(body);
  } else {
    socket.write(Buffer.concat([head, body]));
  }
  if (!hangUpAfter) return true;
  await log.until(hangUpAfter);
  socket.destroy();
  return false;
}

/** The other end of a connection that is kept from request to request. */
export interface Peer {
  exchange(request: WireRequest): Promise<Answer>;
  close(): void;
}
