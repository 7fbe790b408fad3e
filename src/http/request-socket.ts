import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import type { Exchange, WriteCallback } from './exchange.ts';
import { LazyDuplex } from './lazy-duplex.ts';
import { drainResponse } from './server-response.ts';
import { SocketTimer } from './socket-timer.ts';

/**
 * The `socket` of one request: what Node's HTTP objects and middleware expect of a `net.Socket`.
 *
 * As under `http`, the request body does not pass through its readable side. What the response writes
 * goes straight to the exchange, which keeps the order and does the buffering, so the machinery of
 * streams is left out; destroying the socket ends the request and leaves its connection alone.
 */
export class RequestSocket extends LazyDuplex {
  /** The server, as on the sockets of `http.Server`. */
  readonly server: unknown;
  readonly connecting = false;
  readonly pending = false;
  bytesRead = 0;
  bytesWritten = 0;
  /** The response that may write, as Node's `ServerResponse` notes it here. */
  _httpMessage: ServerResponse | null = null;
  /** Keeps Node 20's `ServerResponse` from emitting `'finish'` for bytes that were not sent. */
  _hadError = false;
  incoming: IncomingMessage | null = null;
  #finished = false;
  readonly #exchange: Exchange;
  #timer: SocketTimer | undefined;

  /** @param highWaterMark bytes of a body that `req` holds unread */
  constructor(exchange: Exchange, server: unknown, highWaterMark?: number) {
    super(highWaterMark);
    this.#exchange = exchange;
    this.server = server;
  }

  /** @internal */
  // @ts-expect-error Node's is an accessor as well; its types call it a property
  override get writableLength(): number {
    return this.#exchange.writableLength;
  }

  /** Whether all of the request body has come. */
  get bodyEnded(): boolean {
    return this.#exchange.bodyEnded;
  }

  get timeout(): number {
    return this.#timer?.msecs ?? 0;
  }

  get readyState(): 'open' | 'closed' {
    return this.destroyed ? 'closed' : 'open';
  }

  /** True when the client spoke https with the web server; else undefined, as on a `net.Socket`. */
  get encrypted(): true | undefined {
    const https = this.#exchange.variable('HTTPS');
    if (https !== undefined && https !== '')
      return https.toLowerCase() === 'off' ? undefined : true;
    return this.#exchange.variable('REQUEST_SCHEME') === 'https' ? true : undefined;
  }

  get remoteAddress(): string | undefined {
    return this.#exchange.variable('REMOTE_ADDR') || undefined;
  }

  get remotePort(): number | undefined {
    return port(this.#exchange.variable('REMOTE_PORT'));
  }

  get remoteFamily(): string | undefined {
    return family(this.remoteAddress);
  }

  get localAddress(): string | undefined {
    return this.#exchange.variable('SERVER_ADDR') || undefined;
  }

  get localPort(): number | undefined {
    return port(this.#exchange.variable('SERVER_PORT'));
  }

  get localFamily(): string | undefined {
    return family(this.localAddress);
  }

  /** The web server's end of the client's connection. */
  address(): AddressInfo | Record<string, never> {
    const { localAddress, localPort, localFamily } = this;
    if (localAddress === undefined || localFamily === undefined) return {};
    return { address: localAddress, family: localFamily, port: localPort ?? 0 };
  }

  override write(chunk: unknown, callback?: WriteCallback): boolean;
  override write(chunk: unknown, encoding?: BufferEncoding, callback?: WriteCallback): boolean;
  override write(
    chunk: string | Uint8Array,
    encoding?: BufferEncoding | null | WriteCallback,
    callback?: WriteCallback,
  ): boolean {
    if (typeof encoding === 'function') return this.write(chunk, undefined, encoding);
    this.#timer?.refresh();
    // Before the response's head only a 1xx head can come, which has no place in CGI (RFC 3875 §6).
    if (this.destroyed || !this._httpMessage?.headersSent) {
      if (callback) process.nextTick(callback, null);
      return !this.destroyed;
    }
    this.bytesWritten += chunk.length;
    return this.#exchange.write(chunk, encoding ?? undefined, callback);
  }

  /** Ends the request, as ending its connection would under `http`. */
  override end(...args: unknown[]): this {
    const callback = args.find((arg) => typeof arg === 'function') as (() => void) | undefined;
    if (callback) this.once('close', callback);
    return this.destroy();
  }

  destroySoon(): void {
    this.destroy();
  }

  resetAndDestroy(): this {
    return this.destroy();
  }

  override resume(): this {
    this.#exchange.resumeBody();
    return this;
  }

  override pause(): this {
    return this;
  }

  override _read(): void {}

  protected override destroying(): void {
    this.#timer?.stop();
    if (this.#finished) return;
    this._hadError = true;
    this.#exchange.abort();
  }

  /** Ends the request, all of whose response was written. */
  finish(): void {
    if (this.#finished || this.destroyed) return;
    this.#finished = true;
    this.#exchange.finish();
  }

  /** Emits `'drain'`, on the response too if it waits for it. */
  drained(): void {
    if (this.destroyed) return;
    this.emit('drain');
    if (this._httpMessage) drainResponse(this._httpMessage);
  }

  /** Notes a piece of the request body. */
  received(bytes: number): void {
    this.bytesRead += bytes;
    this.#timer?.refresh();
  }

  setTimeout(msecs: number, callback?: () => void): this {
    this.#timer ??= new SocketTimer(() => this.#expire());
    this.#timer.start(msecs);
    if (callback && msecs === 0) this.off('timeout', callback);
    else if (callback) this.once('timeout', callback);
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  /** Asks request, response and server in turn, as `http` does; if none cares, the request ends. */
  #expire(): void {
    this.emit('timeout');
    const { incoming } = this;
    const byRequest = incoming !== null && !incoming.complete && incoming.emit('timeout', this);
    const byResponse = this._httpMessage?.emit('timeout', this) === true;
    const byServer = (this.server as NodeJS.EventEmitter | null)?.emit('timeout', this) === true;
    if (!byRequest && !byResponse && !byServer) this.destroy();
  }
}

function port(value: string | undefined): number | undefined {
  return value && /^\d+$/.test(value) ? Number(value) : undefined;
}

function family(address: string | undefined): string | undefined {
  const version = isIP(address ?? '');
  return version === 0 ? undefined : `IPv${version}`;
}
