import { connect, type Socket } from 'node:net';
import { FcgiError, ProtocolError } from '../errors.ts';
import {
  decodeEndRequest,
  type EndRequestBody,
  FCGI_NULL_REQUEST_ID,
  RecordReader,
  RecordType,
  RecordWriter,
  recordTypeName,
} from '../protocol/index.ts';
import { type ObservedRecord, type RecordListener, RecordObserver } from './record-observer.ts';
import { type Address, addressName } from './target.ts';

/** What runs under one id of a connection: a request, or under id 0 a question. */
export interface ConnectionRequest {
  /** Whether all that there is to send has been written. */
  readonly inputEnded: boolean;
  /** Sees the records of its id. */
  readonly listener?: RecordListener | undefined;
  /**
   * Takes a record, or a piece of a stream, which is empty at its end; END_REQUEST is none of them.
   *
   * @returns whether a record of this type may come
   */
  onRecord(type: number, content: Buffer): boolean;
  onEndRequest(body: EndRequestBody): void;
  /** The connection is over; nothing follows. */
  onError(error: Error): void;
}

/** Who keeps the connection between requests. */
export interface ConnectionOwner {
  /** The connection can take another request. */
  onFree(connection: Connection): void;
  onClose(connection: Connection): void;
}

/**
 * A connection to an application.
 *
 * It is used for one request at a time, since hardly any application can do more; requests are found
 * by their id all the same, so that only whoever hands out connections decides that.
 */
export class Connection {
  /** The application's address, for messages. */
  readonly name: string;
  /** Records gathered here leave with the next {@link Connection.flush}. */
  readonly writer = new RecordWriter();
  /** Rejects with `ERR_FCGI_CONNECT`, or with what it was destroyed with. */
  readonly opened: Promise<void>;
  readonly #owner: ConnectionOwner;
  readonly #reader: RecordReader;
  readonly #requests = new Map<number, ConnectionRequest>();
  readonly #socket: Socket;
  readonly #listener: RecordListener | undefined;
  readonly #observers = {
    sent: new RecordObserver((record) => this.#observed('sent', record)),
    received: new RecordObserver((record) => this.#observed('received', record)),
  };
  #answered = 0;
  #connected = false;
  #error: Error | undefined;
  #paused = false;
  #reusable = true;
  /** Once somebody has looked; observers begin where a record does. */
  #watched: boolean;

  /**
   * @param timeout milliseconds to connect; 0 waits for as long as the system does
   * @param listener sees every record
   */
  constructor(
    address: Address,
    owner: ConnectionOwner,
    timeout: number,
    listener?: RecordListener,
  ) {
    this.name = addressName(address);
    this.#listener = listener;
    this.#watched = listener !== undefined;
    this.#owner = owner;
    this.#reader = new RecordReader((type, id, content) => this.#onRecord(type, id, content));
    this.#socket = connect({ ...address, noDelay: true })
      .on('data', (chunk: Buffer) => this.#onData(chunk))
      .on('timeout', () => this.#onTimeout())
      .on('error', (error) => this.#fail(this.#lost(error)))
      .on('close', () => this.#onClose())
      .setTimeout(timeout);
    this.opened = this.#opening();
    // Whoever waits for it may have given up before it failed.
    this.opened.catch(() => {});
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Whether it has answered a request before: its peer may have closed it since. */
  get reused(): boolean {
    return this.#answered > 0;
  }

  /**
   * Takes on a request.
   *
   * @param timeout milliseconds of silence that are borne; 0 for any
   * @returns the request's id
   */
  begin(request: ConnectionRequest, timeout: number): number {
    let id = 1;
    while (this.#requests.has(id)) id++;
    this.#run(id, request, timeout);
    return id;
  }

  /** Takes on a question about the application, which has no id of a request. */
  ask(question: ConnectionRequest, timeout: number): void {
    this.#run(FCGI_NULL_REQUEST_ID, question, timeout);
  }

  /** Tells that the question was answered. */
  answered(): void {
    this.#requests.delete(FCGI_NULL_REQUEST_ID);
  }

  /** Leaves the connection without a request: it does not keep the process alive. */
  park(timeout: number): void {
    this.#socket.setTimeout(timeout);
    this.#socket.unref();
  }

  /** Sends what was gathered; `callback` is called when the system has taken it. */
  flush(callback?: (error?: Error | null) => void): void {
    const buffers = this.writer.take();
    const last = buffers.pop();
    if (!last) return;
    if (this.#isObserved()) {
      for (const buffer of [...buffers, last]) this.#observers.sent.push(buffer);
    }
    this.#socket.cork();
    for (const buffer of buffers) this.#socket.write(buffer);
    this.#socket.write(last, callback);
    this.#socket.uncork();
  }

  /** Stops reading until {@link Connection.resume}: the application then stops writing. */
  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    // The silence before this was ours.
    this.#socket.setTimeout(this.#socket.timeout ?? 0);
    this.#socket.resume();
  }

  /** Forbids that the connection takes another request after this one. */
  retire(): void {
    this.#reusable = false;
  }

  /** Ends the connection, and its requests with the error. */
  destroy(error: Error): void {
    this.#fail(error);
    this.#socket.destroy();
  }

  #opening(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.once('close', () => reject(this.#error));
      this.#socket.once('connect', () => {
        this.#connected = true;
        resolve();
      });
    });
  }

  #run(id: number, request: ConnectionRequest, timeout: number): void {
    this.#requests.set(id, request);
    this.#socket.setTimeout(timeout);
    this.#socket.ref();
    // No event would tell the request that the connection was lost while it was handed over.
    if (this.#socket.destroyed) process.nextTick(() => this.#fail());
  }

  #isObserved(): boolean {
    this.#watched ||= [...this.#requests.values()].some(({ listener }) => listener !== undefined);
    return this.#watched;
  }

  #observed(direction: 'sent' | 'received', record: ObservedRecord): void {
    this.#listener?.(direction, record);
    this.#requests.get(record.requestId)?.listener?.(direction, record);
  }

  #onData(chunk: Buffer): void {
    // Before the records are acted on: an END_REQUEST ends the request that wants to see it.
    if (this.#isObserved()) this.#observers.received.push(chunk);
    const running = this.#requests.size;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.destroy(withName(error as Error, this.name));
      return;
    }
    if (running > 0 && this.#requests.size === 0) this.#release();
  }

  #onRecord(type: number, id: number, content: Buffer): void {
    const request = this.#requests.get(id);
    if (!request) this.#refuseRecord(type, id);
    if (type === RecordType.END_REQUEST) this.#endRequest(id, request, content);
    else if (!request.onRecord(type, content)) this.#refuseRecord(type, id);
  }

  #endRequest(id: number, request: ConnectionRequest, content: Buffer): void {
    this.#requests.delete(id);
    this.#answered++;
    // The rest of its STDIN could only be sent by the rules of a request that is over.
    if (!request.inputEnded) this.retire();
    request.onEndRequest(decodeEndRequest(content));
  }

  #release(): void {
    this.resume();
    const clean = !this.#reader.insideRecord && this.#socket.writableLength === 0;
    if (this.#reusable && clean && this.#socket.readyState === 'open') this.#owner.onFree(this);
    else this.#socket.destroy();
  }

  #onTimeout(): void {
    if (!this.#connected) {
      this.destroy(this.#connectError(`no answer within ${this.#socket.timeout} ms`));
    } else if (this.#requests.size === 0) this.#socket.destroy();
    else if (this.#awaitsApplication()) this.destroy(this.#timeoutError());
  }

  /** Whether it is the application's turn, rather than that of who reads the answer or fills STDIN. */
  #awaitsApplication(): boolean {
    if (this.#paused) return false;
    if (this.#socket.writableLength > 0) return true;
    return [...this.#requests.values()].some((request) => request.inputEnded);
  }

  #onClose(): void {
    this.#fail();
    this.#owner.onClose(this);
  }

  /** Only the first error counts: the others follow from it. */
  #fail(error?: Error): void {
    this.#error ??= error ?? this.#lost();
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    for (const request of requests) request.onError(this.#error);
  }

  #lost(cause?: Error): Error {
    if (!this.#connected) return this.#connectError(reasonOf(cause), cause);
    const message = `${this.name} closed the connection before it ended the request`;
    return new FcgiError('ERR_FCGI_CONNECTION_CLOSED', message, { cause });
  }

  #connectError(reason: string, cause?: Error): Error {
    const message = `Cannot connect to ${this.name}: ${reason}`;
    return new FcgiError('ERR_FCGI_CONNECT', message, { cause });
  }

  #timeoutError(): Error {
    const limit = this.#socket.timeout ?? 0;
    const message = `${this.name} was silent for ${limit} ms`;
    return new FcgiError('ERR_FCGI_RESPONSE_TIMEOUT', message, { limit });
  }

  #refuseRecord(type: number, requestId: number): never {
    throw new ProtocolError(
      'ERR_FCGI_UNEXPECTED_RECORD',
      `${this.name} sent ${recordTypeName(type)} for the request id ${requestId}`,
      { type, requestId },
    );
  }
}

/** The error of several addresses tried in vain has a code, but no message. */
function reasonOf(cause: NodeJS.ErrnoException | undefined): string {
  return cause?.message || cause?.code || 'closed';
}

/** What is wrong with the bytes of a response was found where nobody knows whence they came. */
function withName(error: Error, name: string): Error {
  if (!(error instanceof FcgiError)) return error;
  const { message, code, ...details } = error;
  const named = `${name}: ${message}`;
  if (!(error instanceof ProtocolError))
    return new FcgiError(code, named, { ...details, cause: error });
  return new ProtocolError(error.code, named, { ...details, cause: error });
}
