import { FCGI_NULL_REQUEST_ID, RecordReader, RecordType, RecordWriter } from '../protocol/index.ts';
import {
  closedError,
  connectError,
  connectTimeoutError,
  silenceError,
  withName,
} from './connection-errors.ts';
import { PatientSocket } from './patient-socket.ts';
import { Observation, type RecordListener } from './record-observer.ts';
import { type ConnectionRequest, type RequestsOwner, RunningRequests } from './running-requests.ts';
import { MAX_TIMEOUT } from './silence.ts';
import { type Address, addressName } from './target.ts';

/** Who keeps the connection between requests. */
export interface ConnectionOwner {
  /** A request has ended, or has room again. */
  onChange(connection: Connection): void;
  onClose(connection: Connection): void;
}

export interface ConnectionOptions {
  /** Milliseconds to connect; 0 waits for as long as the system does. */
  readonly timeout: number;
  /** Sees every record. */
  readonly listener?: RecordListener | undefined;
  /** Whether requests may begin while others run. */
  readonly shared: boolean;
}

/** A connection to an application, and the requests that run on it. */
export class Connection implements RequestsOwner {
  readonly name: string;
  /** Records gathered here leave with the next {@link Connection.flush}. */
  readonly writer = new RecordWriter();
  /** Rejects with `ERR_FCGI_CONNECT`, or with what it was destroyed with. */
  readonly opened: Promise<void>;
  readonly #owner: ConnectionOwner;
  readonly #listener: RecordListener | undefined;
  readonly #reader: RecordReader;
  readonly #requests = new RunningRequests(this);
  /** Ids of requests that have no room for more of their answer. */
  readonly #full = new Set<number>();
  readonly #socket: PatientSocket;
  #connected = false;
  #error: Error | undefined;
  #observation: Observation | undefined;
  #reusable = true;
  #reused = false;
  #promised = 0;

  constructor(address: Address, owner: ConnectionOwner, options: ConnectionOptions) {
    const { timeout, listener, shared } = options;
    this.name = addressName(address);
    this.#owner = owner;
    this.#listener = listener;
    // Who comes to a shared connection may find it within a record, where nobody can begin to look.
    if (listener || shared) this.#observe();
    this.#reader = new RecordReader((type, id, content) => this.#onRecord(type, id, content));
    this.#socket = new PatientSocket()
      .on('data', (chunk: Buffer) => this.#onData(chunk))
      .on('end', () => this.#socket.destroy())
      .on('timeout', () => this.#onTimeout(timeout))
      .on('error', (error) => this.#fail(this.#lost(error)))
      .on('close', () => this.#onClose())
      .setTimeout(Math.min(timeout, MAX_TIMEOUT));
    this.#socket.connect({ ...address, noDelay: true });
    this.opened = this.#opening();
    // Whoever waits for it may have given up before it failed.
    this.opened.catch(() => {});
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Whether it has answered before: its peer may have closed it since. */
  get reused(): boolean {
    return this.#reused;
  }

  /** Whether a request may begin now, beside those that run. */
  get available(): boolean {
    return this.#reusable && !this.#error && this.#full.size === 0;
  }

  /** Requests that run, or will as soon as they can. */
  get load(): number {
    return this.#promised + this.#requests.size;
  }

  /** Whether requests on it fail before anything of them is sent. */
  get lost(): boolean {
    return this.#error !== undefined || this.#socket.destroyed;
  }

  /** Keeps a place for a request. */
  promise(): this {
    this.#promised++;
    return this;
  }

  /** The request to come has begun, or will not. */
  keepPromise(): void {
    this.#promised--;
  }

  /**
   * Takes on a request that was promised.
   *
   * @param timeout milliseconds of silence that are borne; 0 for any
   * @returns the request's id
   */
  begin(request: ConnectionRequest, timeout: number): number {
    const id = this.#requests.freeId();
    this.#run(id, request, timeout);
    return id;
  }

  /** Takes on a question that was promised: about the application, without the id of a request. */
  ask(question: ConnectionRequest, timeout: number): void {
    this.#run(FCGI_NULL_REQUEST_ID, question, timeout);
  }

  /** Tells that the question was answered. */
  answered(): void {
    this.#requests.end(FCGI_NULL_REQUEST_ID);
  }

  /** Leaves the connection without a request: it does not keep the process alive. */
  park(timeout: number): void {
    this.#socket.setTimeout(Math.min(timeout, MAX_TIMEOUT));
    this.#socket.unref();
  }

  /** Sends what was gathered for a request; `callback` is called when the system has taken it. */
  flush(requestId: number, callback?: () => void): void {
    const buffers = this.writer.take();
    const last = buffers.at(-1);
    if (!last) return;
    this.#observed()?.sent(buffers);
    this.#requests.breakSilence(requestId);
    this.#socket.cork();
    for (const buffer of buffers.slice(0, -1)) this.#socket.write(buffer);
    this.#socket.write(last, (error) => {
      if (error) return;
      this.#requests.breakSilence(requestId);
      callback?.();
    });
    this.#socket.uncork();
  }

  /** Stops reading until the request has room again: the application then stops writing. */
  pause(requestId: number): void {
    this.#full.add(requestId);
    this.#socket.pause();
  }

  resume(requestId: number): void {
    if (!this.#full.delete(requestId) || this.#full.size > 0) return;
    // The silence before this was ours.
    this.#requests.breakAllSilence();
    this.#socket.resume();
    if (this.#requests.size > 0) this.#owner.onChange(this);
  }

  /** Forbids that the connection takes another request after those that run. */
  retire(): void {
    this.#reusable = false;
  }

  /**
   * Gives a request up, which ends with the error. The connection is closed, as web servers do: hardly
   * an application reads FCGI_ABORT_REQUEST. One that other requests share stays until they have ended.
   */
  cancel(requestId: number, error: Error): void {
    if (!this.#requests.get(requestId)) return;
    this.retire();
    if (this.#requests.size === 1) {
      this.destroy(error);
      return;
    }
    this.writer.record(RecordType.ABORT_REQUEST, requestId, Buffer.alloc(0));
    this.flush(requestId);
    this.#requests.abandon(requestId, error);
    this.resume(requestId);
    this.#owner.onChange(this);
  }

  /** Ends the connection, and its requests with the error. */
  destroy(error: Error): void {
    this.#fail(error);
    this.#socket.destroy();
  }

  onEnd(id: number, request: ConnectionRequest): void {
    this.#reused = true;
    // The rest of its STDIN could only be sent by the rules of a request that is over.
    if (!request.inputEnded) this.retire();
    this.resume(id);
  }

  onSilence(id: number, limit: number): void {
    // It may be the turn of who reads an answer, or of who fills STDIN.
    if (this.#full.size > 0) return;
    const isOurTurn = !this.#requests.get(id)?.inputEnded && this.#socket.writableLength === 0;
    if (!isOurTurn) this.cancel(id, silenceError(this.name, limit));
  }

  #opening(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.once('close', () => reject(this.#error));
      this.#socket.once('connect', () => {
        this.#connected = true;
        this.#socket.setTimeout(0);
        resolve();
      });
    });
  }

  #run(id: number, request: ConnectionRequest, timeout: number): void {
    this.keepPromise();
    this.#requests.add(id, request, timeout);
    this.#socket.setTimeout(0);
    this.#socket.ref();
    // No event would tell the request that the connection was lost while it was handed over.
    if (this.#socket.destroyed) process.nextTick(() => this.#fail());
  }

  /** Whoever looks at one request begins where a record does: the connection is not shared. */
  #observed(): Observation | undefined {
    if (!this.#observation && this.#requests.isObserved()) this.#observe();
    return this.#observation;
  }

  #observe(): void {
    this.#observation = new Observation((direction, record) => {
      this.#listener?.(direction, record);
      this.#requests.get(record.requestId)?.listener?.(direction, record);
    });
  }

  #onData(chunk: Buffer): void {
    // Before the records are acted on: an END_REQUEST ends the request that wants to see it.
    this.#observed()?.received(chunk);
    const before = this.#requests.size;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.destroy(withName(error, this.name));
      return;
    }
    if (this.#requests.size < before) this.#release();
  }

  #onRecord(type: number, id: number, content: Buffer): void {
    if (!this.#error) this.#requests.onRecord(type, id, content);
  }

  /** Gives back the places of requests that have ended, when all that came with their end was read. */
  #release(): void {
    const isClean = !this.#reader.insideRecord && this.#socket.writableLength === 0;
    const isFit = this.#reusable && isClean && this.#socket.readyState === 'open';
    if (this.#requests.size > 0 || isFit) this.#owner.onChange(this);
    else this.#socket.destroy();
  }

  #onTimeout(limit: number): void {
    if (this.#connected) this.#socket.destroy();
    else this.destroy(connectTimeoutError(this.name, limit));
  }

  #onClose(): void {
    this.#fail();
    this.#owner.onClose(this);
  }

  /** Only the first error counts: the others follow from it. */
  #fail(error?: Error): void {
    this.#error ??= error ?? this.#lost();
    this.#requests.fail(this.#error);
  }

  #lost(cause: Error | undefined = this.#socket.writeError): Error {
    return this.#connected ? closedError(this.name, cause) : connectError(this.name, cause);
  }
}
