import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { endBody, pushBody } from '../http/incoming-message.ts';

/** What the request hears of its body. */
export interface InputEvents {
  received(bytes: number): void;
  /** Standard input ended before the body did. */
  tooShort(): void;
  /** Standard input failed. */
  failed(): void;
}

/**
 * A request body that comes on standard input.
 *
 * It ends after CONTENT_LENGTH bytes: a web server may leave the stream open, and what follows is not the
 * program's to read (RFC 3875 §4.2). Node reads ahead, but no more than the body is passed on.
 */
export class PlainCgiInput {
  /** Bytes that have come. */
  received = 0;
  /** Whether all of the body has come. */
  ended: boolean;
  readonly #length: number;
  readonly #open: () => Readable;
  readonly #events: InputEvents;
  #stdin: Readable | undefined;
  #incoming: IncomingMessage | undefined;

  /**
   * @param open called when there is a body to read, so that standard input is left alone otherwise
   * @param length bytes, or Infinity for a body that ends with the stream
   */
  constructor(open: () => Readable, length: number, events: InputEvents) {
    this.#open = open;
    this.#length = length;
    this.#events = events;
    this.ended = length === 0;
  }

  /** Begins to read, and to pass on. */
  attach(incoming: IncomingMessage): void {
    if (this.ended) return endBody(incoming);
    this.#incoming = incoming;
    this.#stdin = this.#open();
    this.#stdin.on('data', this.#take);
    this.#stdin.on('end', this.#end);
    // Closed early, as by a peer that went away: there is no 'end' then.
    this.#stdin.on('close', this.#end);
    this.#stdin.on('error', this.#fail);
    // A stream that has ended already does not say so again.
    if (this.#stdin.readableEnded || this.#stdin.destroyed) process.nextTick(this.#end);
  }

  /** The message asks for more. */
  resume(): void {
    this.#stdin?.resume();
  }

  /** Stops reading. Node may still read ahead on a pipe: that must not keep the process alive. */
  close(): void {
    const stdin = this.#stdin;
    if (!stdin) return;
    this.#stdin = undefined;
    stdin.off('data', this.#take);
    stdin.off('end', this.#end);
    stdin.off('close', this.#end);
    stdin.pause();
    (stdin as { unref?: () => void }).unref?.();
  }

  readonly #take = (chunk: Buffer): void => {
    const piece = chunk.subarray(0, this.#length - this.received);
    const incoming = this.#incoming as IncomingMessage;
    this.received += piece.length;
    this.#events.received(piece.length);
    const wantsMore = pushBody(incoming, piece);
    if (this.received === this.#length) this.#complete(incoming);
    else if (!wantsMore) this.#stdin?.pause();
  };

  readonly #end = (): void => {
    if (!this.#stdin) return;
    this.close();
    if (this.#length === Number.POSITIVE_INFINITY)
      this.#complete(this.#incoming as IncomingMessage);
    else this.#events.tooShort();
  };

  readonly #fail = (): void => {
    if (!this.#stdin) return;
    this.close();
    this.#events.failed();
  };

  #complete(incoming: IncomingMessage): void {
    this.ended = true;
    this.close();
    endBody(incoming);
  }
}
