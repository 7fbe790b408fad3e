import type { Socket } from 'node:net';
import { ProtocolError } from '../errors.ts';
import {
  decodeBeginRequest,
  encodeEndRequest,
  encodePairs,
  encodeUnknownType,
  FCGI_MPXS_CONNS,
  FCGI_NULL_REQUEST_ID,
  PairDecoder,
  ProtocolStatus,
  RecordReader,
  RecordType,
  Role,
  recordTypeName,
} from '../protocol/index.ts';
import { linger } from './linger.ts';
import { Output } from './output.ts';
import { Request } from './request.ts';
import type { BodyFlow, RequestBody } from './request-body.ts';
import type { Server } from './server.ts';

/**
 * One connection from a web server: takes records in, hands each to its request, and closes when the
 * last request that needs it has ended.
 */
export class Connection implements BodyFlow {
  readonly server: Server;
  readonly socket: Socket;
  readonly output: Output;
  readonly decoder = new PairDecoder();
  multiplexed = false;
  readonly #reader = new RecordReader((type, id, content) => this.#record(type, id, content));
  readonly #requests = new Map<number, Request>();
  /** Requests that this chunk began, and those it made ready. */
  #begun: Request[] = [];
  #ready: Request[] = [];
  readonly #paused = new Set<RequestBody>();
  /** A request came without FCGI_KEEP_CONN: the connection ends with it (FastCGI §5.1). */
  #last = false;
  #closing = false;

  constructor(server: Server, socket: Socket) {
    this.server = server;
    this.socket = socket;
    this.output = new Output(socket, () => this.#drained());
    socket.on('data', (chunk) => this.#data(chunk));
    socket.on('end', () => this.#peerEnded());
    socket.on('close', () => this.#closed());
    socket.on('error', (error) => server.reportConnectionError(error, socket));
    socket.on('timeout', () => this.destroy());
    this.#startIdleTimer();
  }

  /** Whether no request is under way, and none is on its way. */
  get idle(): boolean {
    return this.#requests.size === 0 && !this.#reader.insideRecord;
  }

  /** Whether another request would suffer if the connection were cut. */
  get isShared(): boolean {
    return this.#requests.size > 1;
  }

  pause(body: RequestBody): void {
    this.#paused.add(body);
    this.socket.pause();
  }

  resume(body: RequestBody): void {
    if (this.#paused.delete(body) && this.#paused.size === 0) this.socket.resume();
  }

  /** Cuts the connection. Requests that run see a disconnected client. */
  destroy(): void {
    this.#closing = true;
    this.socket.destroy();
  }

  /** Forgets a request that sent its FCGI_END_REQUEST, and sends what was gathered. */
  ended(request: Request): void {
    this.#forget(request);
    this.output.flush();
    if (this.#requests.size > 0) return;
    if (this.#last || this.server.closing) this.#close(request.bodyEnded);
    else this.#startIdleTimer();
  }

  #data(chunk: Buffer): void {
    if (this.#closing) return;
    if (this.socket.timeout) this.socket.setTimeout(0);
    try {
      this.#reader.push(chunk);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#fail(error);
    }
    this.#dispatch();
  }

  /**
   * Requests are dispatched once the whole chunk was read. One that came in a single chunk, as most do, has
   * its body complete by then, and a listener that throws leaves the reader in order.
   */
  #dispatch(): void {
    for (const request of this.#begun) if (request.awaitsParams) request.limitParamsTime();
    this.#begun.length = 0;
    const ready = this.#ready;
    if (ready.length === 0 || this.#closing) return;
    this.#ready = [];
    for (const request of ready) {
      try {
        request.dispatch();
      } catch (error) {
        // As under `http` it is an uncaught exception, but it must not take the other requests with it.
        process.nextTick(() => {
          throw error;
        });
      }
    }
  }

  #record(type: number, id: number, content: Buffer): void {
    if (this.#closing) return;
    if (id === FCGI_NULL_REQUEST_ID) return this.#manage(type, content);
    if (type === RecordType.BEGIN_REQUEST) return this.#begin(id, content);
    const request = this.#requests.get(id);
    // A request may end before all that belongs to it has come (FastCGI §3.3: inactive ids are ignored).
    if (!request) return;
    switch (type) {
      case RecordType.PARAMS:
        if (request.params(content)) this.#ready.push(request);
        return;
      case RecordType.STDIN:
        return request.stdin(content);
      case RecordType.ABORT_REQUEST:
        return request.abortByPeer();
      default:
        throw new ProtocolError(
          'ERR_FCGI_UNEXPECTED_RECORD',
          `${recordTypeName(type)} for request ${id}, a Responder`,
          { type, requestId: id },
        );
    }
  }

  #begin(id: number, content: Buffer): void {
    if (this.#requests.has(id)) {
      throw new ProtocolError('ERR_FCGI_REQUEST_ID_IN_USE', `Request ${id} is active already`, {
        type: RecordType.BEGIN_REQUEST,
        requestId: id,
      });
    }
    const begin = decodeBeginRequest(content);
    if (!begin.keepConnection) this.#last = true;
    const refusal = this.#refusal(begin.role);
    if (refusal !== undefined) return this.#refuse(id, refusal);
    const request = new Request(this, id, begin);
    this.#requests.set(id, request);
    this.server.requestBegan();
    this.#begun.push(request);
    // Web servers that never multiplex use id 1, one request after the other.
    if (id > 1 || this.isShared) this.multiplexed = true;
  }

  #refusal(role: number): ProtocolStatus | undefined {
    if (role !== Role.RESPONDER) return ProtocolStatus.UNKNOWN_ROLE;
    if (this.#requests.size > 0 && !this.server.settings.multiplex) {
      return ProtocolStatus.CANT_MPX_CONN;
    }
    return this.server.overloaded ? ProtocolStatus.OVERLOADED : undefined;
  }

  #refuse(id: number, protocolStatus: ProtocolStatus): void {
    const body = encodeEndRequest({ appStatus: 0, protocolStatus });
    this.output.record(RecordType.END_REQUEST, id, body);
    if (protocolStatus === ProtocolStatus.OVERLOADED) this.server.reportDrop(this.socket);
    if (this.#last && this.#requests.size === 0) this.#close(false);
  }

  /** Management records (FastCGI §4). */
  #manage(type: number, content: Buffer): void {
    if (type !== RecordType.GET_VALUES) {
      this.output.record(RecordType.UNKNOWN_TYPE, FCGI_NULL_REQUEST_ID, encodeUnknownType(type));
      return;
    }
    const asked = new PairDecoder().decode(content).filter((_, i) => i % 2 === 0);
    if (asked.includes(FCGI_MPXS_CONNS) && this.server.settings.multiplex) this.multiplexed = true;
    const answer = encodePairs(this.server.answerValues(asked));
    this.output.record(RecordType.GET_VALUES_RESULT, FCGI_NULL_REQUEST_ID, answer);
  }

  #fail(error: ProtocolError): void {
    this.destroy();
    this.server.reportConnectionError(error, this.socket);
  }

  #peerEnded(): void {
    try {
      this.#reader.end();
    } catch (error) {
      if (!this.#closing) return this.#fail(error as ProtocolError);
    }
    // Web servers close when their client is gone; none closes only one direction.
    this.destroy();
  }

  #closed(): void {
    this.#closing = true;
    for (const request of [...this.#requests.values()]) {
      request.abortByPeer();
      this.#forget(request);
    }
  }

  #forget(request: Request): void {
    if (this.#requests.get(request.id) !== request) return;
    this.#requests.delete(request.id);
    this.server.requestEnded();
  }

  #drained(): void {
    for (const request of this.#requests.values()) request.drained();
  }

  #startIdleTimer(): void {
    if (this.server.keepAliveTimeout > 0) this.socket.setTimeout(this.server.keepAliveTimeout);
  }

  #close(bodyEnded: boolean): void {
    if (this.#closing) return;
    this.#closing = true;
    this.output.flush();
    linger(this.socket, bodyEnded);
  }
}
