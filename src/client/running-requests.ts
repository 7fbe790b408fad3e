import { FcgiError, ProtocolError } from '../errors.ts';
import {
  decodeEndRequest,
  type EndRequestBody,
  FCGI_NULL_REQUEST_ID,
  RecordType,
} from '../protocol/index.ts';
import { unexpectedRecordError, withName } from './connection-errors.ts';
import type { RecordListener } from './record-observer.ts';
import { Silence } from './silence.ts';

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
   * @throws {FcgiError} if the record ends the request; {ProtocolError} if it ends the connection
   */
  onRecord(type: number, content: Buffer): boolean;
  onEndRequest(body: EndRequestBody): void;
  /** The request is over without an answer, or with a part of one; nothing follows. */
  onError(error: Error): void;
}

export interface RequestsOwner {
  /** The application's address, for messages. */
  readonly name: string;
  onSilence(id: number, limit: number): void;
  /** The request has ended, and its id is free. */
  onEnd(id: number, request: ConnectionRequest): void;
  cancel(id: number, error: Error): void;
}

interface Running {
  readonly request: ConnectionRequest;
  readonly silence: Silence;
}

/** The requests of a connection, each found by the id of its records. */
export class RunningRequests {
  readonly #owner: RequestsOwner;
  readonly #running = new Map<number, Running>();
  /** Ids of requests that were given up. The connection takes no other ones. */
  readonly #abandoned = new Set<number>();
  /** Whether there was a question: answers may follow its answer. */
  #asked = false;

  constructor(owner: RequestsOwner) {
    this.#owner = owner;
  }

  get size(): number {
    return this.#running.size;
  }

  get(id: number): ConnectionRequest | undefined {
    return this.#running.get(id)?.request;
  }

  isObserved(): boolean {
    return [...this.#running.values()].some(({ request }) => request.listener !== undefined);
  }

  freeId(): number {
    let id = 1;
    while (this.#running.has(id)) id++;
    return id;
  }

  /** @param timeout milliseconds of silence after which the owner is told; 0 for never */
  add(id: number, request: ConnectionRequest, timeout: number): void {
    const silence = new Silence(timeout, () => this.#owner.onSilence(id, timeout));
    this.#running.set(id, { request, silence });
    this.#asked ||= id === FCGI_NULL_REQUEST_ID;
  }

  /** Something happened that the silence of the application does not count from. */
  breakSilence(id: number): void {
    this.#running.get(id)?.silence.broken();
  }

  breakAllSilence(): void {
    for (const { silence } of this.#running.values()) silence.broken();
  }

  /** Takes a record, or a piece of a stream, to its request. */
  onRecord(type: number, id: number, content: Buffer): void {
    const running = this.#running.get(id);
    if (!running) this.#takeForeign(type, id);
    else if (type === RecordType.END_REQUEST && id !== FCGI_NULL_REQUEST_ID) {
      this.end(id);
      running.request.onEndRequest(decodeEndRequest(content));
    } else this.#pass(type, id, running, content);
  }

  /** Ends a request that has its answer. */
  end(id: number): void {
    const running = this.#remove(id);
    if (running) this.#owner.onEnd(id, running.request);
  }

  /** Ends a request that the application may still answer. */
  abandon(id: number, error: Error): void {
    this.#abandoned.add(id);
    this.#remove(id)?.request.onError(error);
  }

  /** Ends all requests with an error. */
  fail(error: Error): void {
    for (const id of [...this.#running.keys()]) this.#remove(id)?.request.onError(error);
  }

  #remove(id: number): Running | undefined {
    const running = this.#running.get(id);
    running?.silence.stop();
    this.#running.delete(id);
    return running;
  }

  #pass(type: number, id: number, { request, silence }: Running, content: Buffer): void {
    silence.broken();
    try {
      if (!request.onRecord(type, content)) {
        throw unexpectedRecordError(this.#owner.name, type, id);
      }
    } catch (error) {
      // Records go on in their order; what is wrong with the answer they carry concerns that alone.
      if (error instanceof ProtocolError || !(error instanceof FcgiError)) throw error;
      this.#owner.cancel(id, withName(error, this.#owner.name));
    }
  }

  #takeForeign(type: number, id: number): void {
    // A question has two records, and Go ends its answers as if they were streams.
    const isAnswer = type === RecordType.GET_VALUES_RESULT || type === RecordType.UNKNOWN_TYPE;
    if (this.#asked && isAnswer && id === FCGI_NULL_REQUEST_ID) return;
    // What was under way when a request was given up is of no use; what belongs to none is an error.
    if (!this.#abandoned.has(id)) throw unexpectedRecordError(this.#owner.name, type, id);
  }
}
