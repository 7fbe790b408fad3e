import { FcgiError } from '../errors.ts';
import { BodySpool, type SpoolLimits } from './body-spool.ts';
import type { InputMemory } from './input-memory.ts';

/** How a stream slows its connection down. */
export interface Flow {
  /** Whether the connection is known to carry several requests at once. */
  readonly multiplexed: boolean;
  readonly settings: SpoolLimits & { readonly highWaterMark: number };
  /** What its streams may take in memory together. */
  readonly memory: InputMemory;
  /** Stops reading from the connection until every stream that asked for it has resumed. */
  pause(stream: object): void;
  resume(stream: object): void;
}

/** How pieces get to where a stream leads. */
export interface Outlet<Target> {
  /** @returns false if the target has enough for now; it then asks for more through `resume()` */
  push(target: Target, piece: Buffer): boolean;
  end(target: Target): void;
  /** The stream has ended without a byte; `end()` follows when the target asks for more. Left out, it follows at once. */
  empty?(target: Target): void;
}

/**
 * A stream of a request, STDIN or DATA, on its way to the object that the application reads.
 *
 * FastCGI has no flow control for a single stream. When the application does not keep up, a connection
 * that carries this stream alone is not read from. Where that would hold up another request, or the other
 * stream of a Filter, what comes is spooled instead.
 */
export class InputStream<Target> {
  /** Bytes that have come. */
  received = 0;
  /** Whether the end of the stream has come. */
  ended = false;
  /** The length that was announced, which what comes must have; undefined if none was. */
  expected: number | undefined;
  /** The other stream of a Filter. */
  sibling: { readonly ended: boolean } | undefined;
  readonly #flow: Flow;
  readonly #outlet: Outlet<Target>;
  #target: Target | undefined;
  /** What has come and was not passed on yet. */
  #spool: BodySpool | undefined;
  #stalled = true;
  #closed = false;

  constructor(flow: Flow, outlet: Outlet<Target>) {
    this.#flow = flow;
    this.#outlet = outlet;
  }

  /** Begins to pass the stream on, what has come so far at once. */
  attach(target: Target): void {
    this.#target = target;
    if (this.ended && this.received === 0 && this.#outlet.empty) this.#outlet.empty(target);
    else this.#passOn();
  }

  /**
   * Takes a piece of the stream; an empty one is its end. Its bytes are copied: the next read overwrites them.
   *
   * @returns what is wrong with it: `ERR_FCGI_BODY_LENGTH`, `ERR_FCGI_BODY_SPOOL`
   */
  take(piece: Buffer): FcgiError | undefined {
    const length = this.received + piece.length;
    const expected = this.expected ?? length;
    if (length > expected || (piece.length === 0 && length < expected)) {
      return wrongLength(length > expected, expected);
    }
    this.received = length;
    if (piece.length > 0) return this.#push(piece);
    this.end();
    return undefined;
  }

  end(): void {
    this.ended = true;
    if (!this.#stalled && this.#target) this.#outlet.end(this.#target);
  }

  /** The target asks for more. */
  resume(): void {
    if (!this.#stalled || !this.#target) return;
    this.#flow.resume(this);
    this.#passOn();
  }

  /** The request has ended. A stream that has wholly come may still be read. */
  release(): void {
    this.#flow.resume(this);
    if (!this.ended) this.close();
  }

  /** Drops what was not passed on, and what is still to come. */
  close(): void {
    this.#closed = true;
    this.#flow.resume(this);
    this.#target = undefined;
    this.#spool?.close();
    this.#spool = undefined;
  }

  #push(piece: Buffer): FcgiError | undefined {
    if (this.#closed) return undefined;
    if (this.#stalled || !this.#target) return this.#keep(piece);
    if (!this.#outlet.push(this.#target, Buffer.from(piece))) this.#stall();
    return undefined;
  }

  #keep(piece: Buffer): FcgiError | undefined {
    try {
      this.#spool ??= new BodySpool(this.#flow.settings, this.#flow.memory);
      this.#spool.push(piece);
    } catch (cause) {
      if (cause instanceof FcgiError) return cause;
      const message = 'A body that was not read in time could not be spooled';
      return new FcgiError('ERR_FCGI_BODY_SPOOL', message, { cause });
    }
    if (this.#target) this.#stall();
    return undefined;
  }

  #passOn(): void {
    this.#stalled = false;
    // Readers may end the request, and so close this stream, at each piece.
    for (let piece = this.#spool?.shift(); piece; piece = this.#spool?.shift()) {
      if (!this.#target) return;
      if (!this.#outlet.push(this.#target, piece)) return this.#stall();
    }
    if (this.ended && this.#target) this.#outlet.end(this.#target);
  }

  /** Called again for each piece that comes meanwhile: the other stream may have ended since. */
  #stall(): void {
    this.#stalled = true;
    const holdsUpOthers = this.#flow.multiplexed || this.sibling?.ended === false;
    if (!holdsUpOthers && !this.#closed) this.#flow.pause(this);
  }
}

function wrongLength(more: boolean, limit: number): FcgiError {
  const message = `The stream has ${more ? 'more' : 'fewer'} bytes than the ${limit} that were announced`;
  return new FcgiError('ERR_FCGI_BODY_LENGTH', message, { limit });
}
