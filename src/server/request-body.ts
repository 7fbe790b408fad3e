import type { IncomingMessage } from 'node:http';
import { endBody, pushBody } from '../http/incoming-message.ts';
import { BodySpool } from './body-spool.ts';

/** How a body slows its connection down. */
export interface BodyFlow {
  /** Whether the connection is known to carry several requests at once. */
  readonly multiplexed: boolean;
  /** Stops reading from the connection until every body that asked for it has resumed. */
  pause(body: RequestBody): void;
  resume(body: RequestBody): void;
}

/**
 * The STDIN stream of a request, on its way to the `IncomingMessage`.
 *
 * FastCGI has no flow control for a single request. When the application does not keep up, a connection
 * that carries this request alone is not read from. On one that is multiplexed that would hold up the
 * other requests, so the body is spooled instead.
 */
export class RequestBody {
  /** Bytes that have come. */
  received = 0;
  /** Whether the end of the stream has come. */
  ended = false;
  readonly #flow: BodyFlow;
  #incoming: IncomingMessage | undefined;
  /** What has come and was not passed on yet. */
  #spool: BodySpool | undefined;
  #stalled = true;

  constructor(flow: BodyFlow) {
    this.#flow = flow;
  }

  /** Begins to pass the body on, what has come so far at once. */
  attach(incoming: IncomingMessage): void {
    this.#incoming = incoming;
    this.#passOn();
  }

  /** @throws the file system's error if the body had to be spooled and could not be */
  push(piece: Buffer): void {
    this.received += piece.length;
    if (this.#stalled || !this.#incoming) {
      this.#spool ??= new BodySpool();
      this.#spool.push(piece);
    } else if (!pushBody(this.#incoming, piece)) {
      this.#stall();
    }
  }

  end(): void {
    this.ended = true;
    if (!this.#stalled && this.#incoming) endBody(this.#incoming);
  }

  /** The message asks for more. */
  resume(): void {
    if (!this.#stalled || !this.#incoming) return;
    this.#flow.resume(this);
    this.#passOn();
  }

  /** The request has ended. A body that has wholly come may still be read. */
  release(): void {
    this.#flow.resume(this);
    if (!this.ended) this.close();
  }

  /** Drops what was not passed on. */
  close(): void {
    this.#flow.resume(this);
    this.#incoming = undefined;
    this.#spool?.close();
    this.#spool = undefined;
  }

  #passOn(): void {
    this.#stalled = false;
    // Readers may end the request, and so close this body, at each piece.
    for (let piece = this.#spool?.shift(); piece; piece = this.#spool?.shift()) {
      if (!this.#incoming) return;
      if (!pushBody(this.#incoming, piece)) return this.#stall();
    }
    if (this.ended && this.#incoming) endBody(this.#incoming);
  }

  #stall(): void {
    this.#stalled = true;
    if (!this.#flow.multiplexed) this.#flow.pause(this);
  }
}
