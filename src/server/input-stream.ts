import { FcgiError } from '../errors.ts';
import { BodySpool, type SpoolLimits } from './body-spool.ts';
import { ChunkPieces } from './chunk-pieces.ts';
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
  /** What the target had no room for. */
  #spool: BodySpool | undefined;
  #pieces: ChunkPieces | undefined;
  #pending = false;
  #stalled = true;
  #closed = false;

  constructor(flow: Flow, outlet: Outlet<Target>) {
    this.#flow = flow;
    this.#outlet = outlet;
  }

  /** Whether it is known where the stream leads. */
  get attached(): boolean {
    return this.#target !== undefined;
  }

  /** Whether something came in this chunk, be it the end, that was not passed on. */
  get pending(): boolean {
    return this.#pending;
  }

  /** Begins to pass the stream on, what has come so far at once. */
  attach(target: Target): void {
    this.#target = target;
    this.#pending = false;
    if (this.ended && this.received === 0 && this.#outlet.empty) this.#outlet.empty(target);
    else this.#passOn();
  }

  /**
   * Takes a piece of the stream, from `start` to `end` of a chunk; an empty one is its end. It is passed on by
   * `deliver()`, before the next chunk comes.
   *
   * @returns what is wrong with it: `ERR_FCGI_BODY_LENGTH`
   */
  take(chunk: Buffer, start: number, end: number): FcgiError | undefined {
    const length = this.received + end - start;
    const expected = this.expected ?? length;
    if (length > expected || (start === end && length < expected)) {
      return wrongLength(length > expected, expected);
    }
    this.received = length;
    this.#pending = true;
    if (start === end) this.ended = true;
    else if (!this.#closed) {
      this.#pieces ??= new ChunkPieces();
      this.#pieces.add(chunk, start, end);
    }
    return undefined;
  }

  /**
   * Passes on what has come in this chunk.
   *
   * @returns what is wrong: `ERR_FCGI_BODY_SPOOL`
   */
  deliver(): FcgiError | undefined {
    if (!this.#pending || !this.#target) return undefined;
    this.#pending = false;
    if (this.#stalled) return this.#keep();
    this.#passOn();
    return undefined;
  }

  /** Ends the stream, of which nothing has come. */
  end(): void {
    this.ended = true;
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
    this.#pieces = undefined;
    this.#spool?.close();
    this.#spool = undefined;
  }

  #keep(): FcgiError | undefined {
    const bytes = this.#pieces?.take();
    if (!bytes) return undefined;
    try {
      this.#spool ??= new BodySpool(this.#flow.settings, this.#flow.memory);
      this.#spool.push(bytes);
    } catch (cause) {
      if (cause instanceof FcgiError) return cause;
      const message = 'A body that was not read in time could not be spooled';
      return new FcgiError('ERR_FCGI_BODY_SPOOL', message, { cause });
    }
    this.#stall();
    return undefined;
  }

  #passOn(): void {
    this.#stalled = false;
    // Readers may end the request, and so close this stream, at each piece.
    for (let piece = this.#next(); piece; piece = this.#next()) {
      if (!this.#target) return;
      if (!this.#outlet.push(this.#target, piece)) return this.#stall();
    }
    if (this.ended && this.#target) this.#outlet.end(this.#target);
  }

  #next(): Buffer | undefined {
    return this.#spool?.shift() ?? this.#pieces?.take();
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
