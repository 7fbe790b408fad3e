import { FCGI_NULL_REQUEST_ID, RecordReader, RecordType, RecordWriter } from '../protocol/index.ts';
import { silenceError, withName } from './connection-errors.ts';
import { Observation, type RecordListener } from './record-observer.ts';
import { type ConnectionRequest, type RequestsOwner, RunningRequests } from './running-requests.ts';
import type { Address } from './target.ts';
import { Transport, type TransportOwner } from './transport.ts';

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
export class Connection implements RequestsOwner, TransportOwner {
  /** Records gathered here leave with the next {@link Connection.flush}. */
  readonly writer = new RecordWriter();
  readonly #owner: ConnectionOwner;
  readonly #listener: RecordListener | undefined;
  readonly #reader = new RecordReader((type, id, content) => this.#onRecord(type, id, content));
  readonly #requests = new RunningRequests(this);
  readonly #transport: Transport;
  /** Ids of requests that have no room for more of their answer. */
  readonly #full = new Set<number>();
  #observation: Observation | undefined;
  #promised = 0;
  #reusable = true;
  #reused = false;

  constructor(address: Address, owner: ConnectionOwner, options: ConnectionOptions) {
    const { timeout, listener, shared } = options;
    this.#owner = owner;
    this.#listener = listener;
    // Who comes to a shared connection may find it within a record, where nobody can begin to look.
    if (listener || shared) this.#observe();
    this.#transport = new Transport(address, timeout, this);
  }

  /** The application's address, for messages. */
  get name(): string {
    return this.#transport.name;
  }

  /** Rejects with `ERR_FCGI_CONNECT`, or with what it was destroyed with. */
  get opened(): Promise<void> {
    return this.#transport.opened;
  }

  get connected(): boolean {
    return this.#transport.connected;
  }

  /** Whether it has answered before: its peer may have closed it since. */
  get reused(): boolean {
    return this.#reused;
  }

  /** Whether a request may begin now, beside those that run. */
  get available(): boolean {
    return this.#reusable && !this.lost && this.#full.size === 0;
  }

  /** Requests that run, or will as soon as they can. */
  get load(): number {
    return this.#promised + this.#requests.size;
  }

  /** Whether requests on it fail before anything of them is sent. */
  get lost(): boolean {
    return this.#transport.lost;
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

  /** Leaves the connection without a request for some milliseconds; 0 for good. */
  park(timeout: number): void {
    this.#transport.park(timeout);
  }

  /** Sends what was gathered for a request; `callback` is called when the system has taken it. */
  flush(requestId: number, callback?: () => void): void {
    const buffers = this.writer.take();
    this.#observed()?.sent(buffers);
    this.#requests.breakSilence(requestId);
    this.#transport.write(buffers, () => {
      this.#requests.breakSilence(requestId);
      callback?.();
    });
  }

  /** Stops reading until the request has room again: the application then stops writing. */
  pause(requestId: number): void {
    this.#full.add(requestId);
    this.#transport.pause();
  }

  resume(requestId: number): void {
    if (!this.#full.delete(requestId) || this.#full.size > 0) return;
    // The silence before this was ours.
    this.#requests.breakAllSilence();
    this.#transport.resume();
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
    this.#transport.fail(error);
    this.#transport.close();
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
    const isOurTurn = !this.#requests.get(id)?.inputEnded && !this.#transport.isWriting;
    if (!isOurTurn) this.cancel(id, silenceError(this.name, limit));
  }

  onData(chunk: Buffer): void {
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

  onError(error: Error): void {
    this.#requests.fail(error);
  }

  onClose(): void {
    this.#owner.onClose(this);
  }

  #run(id: number, request: ConnectionRequest, timeout: number): void {
    this.keepPromise();
    this.#requests.add(id, request, timeout);
    this.#transport.hold();
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

  #onRecord(type: number, id: number, content: Buffer): void {
    if (!this.lost) this.#requests.onRecord(type, id, content);
  }

  /** Gives back the places of requests that have ended, when all that came with their end was read. */
  #release(): void {
    const isFit = this.#reusable && !this.#reader.insideRecord && this.#transport.isIdle;
    if (this.#requests.size > 0 || isFit) this.#owner.onChange(this);
    else this.#transport.close();
  }
}
