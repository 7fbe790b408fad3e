import { EventEmitter } from 'node:events';
import { Duplex, getDefaultHighWaterMark } from 'node:stream';

/** What Node's stream machinery keeps on a stream. */
interface StreamStates {
  _readableState: { destroyed: boolean; closed: boolean; closeEmitted: boolean };
  _writableState: { destroyed: boolean; closed: boolean; closeEmitted: boolean };
}

/** Node's constructor, to be called on an object that is there already. */
const construct = Duplex as unknown as (
  this: Duplex,
  options: { autoDestroy: boolean; highWaterMark: number },
) => void;

const initialize = EventEmitter as unknown as (this: EventEmitter) => void;

/** A constructor that leaves the object without states. */
const Unbuilt = function Unbuilt() {} as unknown as typeof Duplex;
Unbuilt.prototype = Duplex.prototype;

const kBuild = Symbol('kBuild');

/**
 * Passes what a class that extends it lacks on to the object that `kBuild` makes. It is a prototype that is a Proxy: a
 * Proxy itself has every access go through its traps, and that for `corked` took a twelfth of a small request.
 */
const Elsewhere = function Elsewhere() {} as unknown as new () => { [kBuild](): object };
Elsewhere.prototype = new Proxy(
  {},
  {
    get: (_target, key, asked) => Reflect.get(asked[kBuild](), key),
    set: (_target, key, value, asked) => Reflect.set(asked[kBuild](), key, value),
    has: (_target, key) => key in (new Duplex() as unknown as StreamStates)._writableState,
  },
);

/**
 * A `Duplex` whose states are made when somebody asks for them. To make and destroy them took 0.8 µs of the 11
 * that a small request takes on Node 20, and a kilobyte; while Node's HTTP objects are all that use the socket of a
 * request, nothing needs them.
 */
export class LazyDuplex extends Unbuilt {
  /** An object with these properties is faster than the one that Node would make, and makes again when it is empty. */
  readonly _events = { close: undefined, error: undefined, drain: undefined, timeout: undefined };
  readonly _eventsCount = 0;
  /**
   * Stands for the writable state while there is none. `res.end()` asks for it only to note there that the socket is
   * no more than once corked; whoever wants anything else of it has it made.
   */
  static readonly #StandIn = class extends Elsewhere {
    readonly #stream: LazyDuplex;

    constructor(stream: LazyDuplex) {
      super();
      this.#stream = stream;
    }

    get corked(): number {
      return this.#stream.#corked;
    }

    set corked(count: number) {
      const stream = this.#stream;
      stream.#corked = Math.min(stream.#corked, count);
    }

    override [kBuild](): object {
      return this.#stream.#writable();
    }
  };
  #destroyed = false;
  #closed = false;
  #corked = 0;
  #built = false;
  readonly #highWaterMark: number | undefined;

  /** @param highWaterMark in bytes, of both sides */
  constructor(highWaterMark?: number) {
    super();
    this.#highWaterMark = highWaterMark;
    initialize.call(this);
  }

  /** @internal */
  get _readableState(): unknown {
    this.#build();
    return this._readableState;
  }

  /** @internal */
  set _readableState(state: unknown) {
    keep(this, '_readableState', state);
  }

  /** @internal */
  get _writableState(): unknown {
    return new LazyDuplex.#StandIn(this);
  }

  /** @internal */
  set _writableState(state: unknown) {
    keep(this, '_writableState', state);
  }

  /** @internal */
  // @ts-expect-error Node's are accessors as well; its types call them properties
  override get destroyed(): boolean {
    return this.#destroyed;
  }

  /** @internal */
  // @ts-expect-error
  override get closed(): boolean {
    return this.#closed;
  }

  /** @internal */
  // @ts-expect-error
  override get errored(): null {
    return null;
  }

  /** @internal */
  // @ts-expect-error
  override get readable(): boolean {
    return !this.#destroyed;
  }

  /** @internal */
  // @ts-expect-error
  override get writable(): boolean {
    return !this.#destroyed;
  }

  /** @internal */
  // @ts-expect-error
  override get readableHighWaterMark(): number {
    return this.#highWaterMark ?? getDefaultHighWaterMark(false);
  }

  /** @internal */
  // @ts-expect-error
  override get writableHighWaterMark(): number {
    return this.#highWaterMark ?? getDefaultHighWaterMark(false);
  }

  /** @internal */
  // @ts-expect-error
  override get writableCorked(): number {
    return this.#corked;
  }

  override cork(): void {
    this.#corked++;
  }

  override uncork(): void {
    if (this.#corked > 0) this.#corked--;
  }

  override on(event: string, listener: (...args: never[]) => void): this {
    if (needsStates(event)) return super.on(event, listener as () => void);
    return addListener.call(this, event, listener as () => void) as this;
  }

  override addListener(event: string, listener: (...args: never[]) => void): this {
    return this.on(event, listener);
  }

  override removeListener(event: string, listener: (...args: never[]) => void): this {
    if (needsStates(event)) return super.removeListener(event, listener as () => void);
    return removeListener.call(this, event, listener as () => void) as this;
  }

  override off(event: string, listener: (...args: never[]) => void): this {
    return this.removeListener(event, listener);
  }

  /** Emits `'close'` a tick later, and no error: nobody would listen. */
  override destroy(_error?: Error): this {
    if (this.#destroyed) return this;
    this.destroyNow();
    process.nextTick(emitClose, this);
    return this;
  }

  /** @internal Leaves it to the caller to call `close()`. */
  destroyNow(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#noteStates();
    this.destroying();
  }

  /** Called once, when the stream is destroyed. */
  protected destroying(): void {}

  /** @internal */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#noteStates();
    this.emit('close');
  }

  #build(): void {
    this.#built = true;
    construct.call(this, { autoDestroy: false, highWaterMark: this.readableHighWaterMark });
    this.#noteStates();
  }

  /** The writable state, made if it was not. */
  #writable(): Record<PropertyKey, unknown> {
    if (!this.#built) this.#build();
    return this._writableState as Record<PropertyKey, unknown>;
  }

  #noteStates(): void {
    if (!this.#built) return;
    const { _readableState, _writableState } = this as unknown as StreamStates;
    const note = { destroyed: this.#destroyed, closed: this.#closed, closeEmitted: this.#closed };
    Object.assign(_readableState, note);
    Object.assign(_writableState, note);
  }
}

const { addListener, removeListener } = EventEmitter.prototype;

/** Whether who listens makes the data flow. */
function needsStates(event: string): boolean {
  return event === 'data' || event === 'readable';
}

function emitClose(stream: LazyDuplex): void {
  stream.close();
}

function keep(stream: object, name: string, value: unknown): void {
  Object.defineProperty(stream, name, { value, writable: true, configurable: true });
}
