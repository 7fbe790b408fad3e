import type { Socket } from 'node:net';
import { ProtocolError } from '../errors.ts';
import {
  decodeBeginRequest,
  encodeEndRequest,
  FCGI_NULL_REQUEST_ID,
  ProtocolStatus,
  RecordType,
  Role,
} from '../protocol/index.ts';
import { RecordCutter } from '../protocol/record-cutter.ts';
import { admit } from './admission.ts';
import { Batch } from './batch.ts';
import { InputMemory } from './input-memory.ts';
import type { Flow } from './input-stream.ts';
import { linger } from './linger.ts';
import { locateError, locateSocketError, type Place } from './locate-error.ts';
import { answerManagement } from './management.ts';
import type { ServerSettings } from './options.ts';
import { Output } from './output.ts';
import { ReadGate } from './read-gate.ts';
import { Request } from './request.ts';
import { RequestTable } from './request-table.ts';
import type { Server } from './server.ts';
import { own, type SocketOwner } from './socket-events.ts';
import { throwLater } from './throw-later.ts';
import { Watch } from './watch.ts';

type Refused = Pick<Request, 'id' | 'role'>;

const NOTHING = Buffer.alloc(0);

/** Milliseconds that a web server has to let go of a connection. */
const RETIREMENT = 2_000;

/** How often it is asked to: nginx may miss it once, with a request that crosses it. Apache never heeds it. */
const MAX_HINTS = 2;

/**
 * One connection from a web server: takes records in, hands each to its request, and closes when the
 * last request that needs it has ended.
 */
export class Connection implements Flow, SocketOwner {
  readonly server: Server;
  readonly socket: Socket;
  readonly output: Output;
  readonly watch: Watch;
  readonly memory: InputMemory;
  multiplexed = false;
  /** Where it stands in the list of its server's connections. */
  place = 0;
  readonly #reader = new RecordCutter((type, id, block, start, end) =>
    this.#record(type, id, block, start, end),
  );
  readonly #requests = new RequestTable();
  /** Requests that this chunk began, those whose streams it brings a piece of, and those it made ready. */
  readonly #begun = new Batch<Request>();
  readonly #fed = new Batch<Request>();
  readonly #ready = new Batch<Request>();
  readonly #gate: ReadGate;
  /** A request came without FCGI_KEEP_CONN: the connection ends with it (FastCGI §5.1). */
  #last = false;
  #closing = false;
  #used = false;
  #hints = 0;

  constructor(server: Server, socket: Socket) {
    this.server = server;
    this.socket = socket;
    this.memory = new InputMemory(server.settings.maxBufferedInput);
    this.watch = new Watch(server, socket);
    this.output = new Output(socket, () => this.#resumeWriters(), this.watch.trace);
    this.#gate = new ReadGate(socket);
    own(socket, this);
    this.#startIdleTimer();
    this.watch.connected();
  }

  /** Whether no request is under way, and none is on its way. */
  get idle(): boolean {
    return this.#requests.size === 0 && !this.#reader.insideRecord;
  }

  /** Whether another request would suffer if the connection were cut. */
  get isShared(): boolean {
    return this.#requests.size > 1;
  }

  get settings(): ServerSettings {
    return this.server.settings;
  }

  pause(holder: object): void {
    this.#gate.hold(holder);
  }

  resume(holder: object): void {
    this.#gate.release(holder);
  }

  /** Cuts the connection. Requests that run see a disconnected client. */
  destroy(): void {
    this.#closing = true;
    this.socket.destroy();
  }

  /**
   * Has the web server let go of the connection, if no request is under way on it: the server closes.
   *
   * FCGI_KEEP_CONN leaves the closing to the web server (FastCGI §5.1). If the connection were cut just when a
   * request sets out on it, that request would be lost, and nginx repeats no POST. So an empty record is sent:
   * nginx, and whoever else looks, closes an idle connection on which something comes. A request that set out
   * before is served: the end of a STDERR without content says nothing. Behind FCGI_END_REQUEST, in one write
   * with it, it keeps nginx from using the connection again.
   */
  retire(): void {
    if (this.#requests.size > 0 || this.#closing) return;
    const isNextOnItsWay = this.#reader.insideRecord || !this.#used;
    if (!isNextOnItsWay && (this.#hints === MAX_HINTS || this.multiplexed))
      return this.#close(true);
    this.socket.setTimeout(RETIREMENT);
    if (isNextOnItsWay) return;
    this.#hints++;
    this.output.record(RecordType.STDERR, 1, NOTHING);
    this.output.flush();
  }

  /**
   * Ends the connection in the midst of a request's response.
   *
   * nginx takes the end of a connection for the end of a response that names no length. It refuses a record
   * that no application sends, and then its client's connection ends in a way that tells.
   */
  breakOff(request: Request): void {
    this.output.discard();
    this.output.record(RecordType.ABORT_REQUEST, request.id, NOTHING);
    this.#forget(request);
    this.#close(request.input.ended);
  }

  /** Forgets a request that sent its FCGI_END_REQUEST, and sends what was gathered. */
  ended(request: Request): void {
    this.#forget(request);
    const isLastOne = this.#requests.size === 0;
    if (isLastOne && this.server.closing && !this.#last) this.retire();
    this.output.flush();
    if (!isLastOne) return;
    // For an Authorizer nothing has to come after PARAMS (FastCGI §6.3), but from some web servers STDIN does.
    if (this.#last) this.#close(request.input.ended && request.role !== Role.AUTHORIZER);
    else if (!this.server.closing) this.#startIdleTimer();
  }

  /** Tells of a request that is not served. */
  reportRefusal(request: Refused, protocolStatus: ProtocolStatus): void {
    this.watch.refused(request, protocolStatus);
    if (protocolStatus === ProtocolStatus.OVERLOADED) this.server.reportDrop(this.socket);
  }

  received(chunk: Buffer, length: number): void {
    if (this.#closing) return;
    // A response that is complete within this turn leaves at once: a tick for it would come to nothing.
    this.output.hold();
    try {
      this.#reader.push(chunk, length);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const { type, requestId } = this.#reader;
      this.#fail(error, { peer: this.watch.peer, type, requestId });
    }
    this.#dispatch();
    this.output.release();
    // Without a request a connection is idle, whatever else came.
    if (this.#requests.size === 0 && !this.#closing && !this.socket.timeout) this.#startIdleTimer();
  }

  drained(): void {
    this.output.drain();
  }

  peerEnded(): void {
    try {
      this.#reader.end();
    } catch (error) {
      if (!this.#closing) return this.#fail(error as ProtocolError, { peer: this.watch.peer });
    }
    // Web servers close when their client is gone; none closes only one direction.
    this.destroy();
  }

  failed(error: Error): void {
    this.#report(locateSocketError(error, this.watch.peer));
  }

  timedOut(): void {
    this.destroy();
  }

  closed(): void {
    this.#closing = true;
    for (const request of this.#requests.list()) {
      request.abortByPeer();
      this.#forget(request);
    }
    this.watch.closed();
    this.server.connectionClosed(this);
  }

  /**
   * Requests are dispatched once the whole chunk was read. One that came in a single chunk, as most do, has
   * its body complete by then, and a listener that throws leaves the reader in order.
   */
  #dispatch(): void {
    this.#begun.take(awaitParams);
    this.#fed.take(deliver);
    if (this.#closing) this.#ready.clear();
    else this.#ready.take(dispatch);
  }

  #record(type: number, id: number, block: Buffer, start: number, end: number): void {
    this.watch.trace?.received(type, id, end - start);
    if (this.#closing) return;
    if (id === FCGI_NULL_REQUEST_ID) {
      this.#holdWhileUnread();
      return answerManagement(this, type, block.subarray(start, end));
    }
    if (type === RecordType.BEGIN_REQUEST) return this.#begin(id, block, start);
    const request = this.#requests.get(id);
    // A request may end before all that belongs to it has come (FastCGI §3.3: inactive ids are ignored).
    if (!request) return;
    switch (type) {
      case RecordType.PARAMS:
        if (request.params(block, start, end)) this.#ready.add(request);
        return;
      case RecordType.STDIN:
      case RecordType.DATA:
        if (request.take(type, block, start, end)) this.#fed.add(request);
        return;
      case RecordType.ABORT_REQUEST:
        request.deliver();
        return request.abortByPeer();
      default:
        throw new ProtocolError('ERR_FCGI_UNEXPECTED_RECORD', 'No web server sends it');
    }
  }

  #begin(id: number, block: Buffer, at: number): void {
    if (this.#requests.get(id)) {
      throw new ProtocolError('ERR_FCGI_REQUEST_ID_IN_USE', 'The request is active already');
    }
    this.#holdWhileUnread();
    const begin = decodeBeginRequest(block, at);
    if (!begin.keepConnection) this.#last = true;
    const admitted = admit(this.server, begin.role, this.#requests.size);
    if (typeof admitted === 'number') return this.#refuse({ id, role: begin.role }, admitted);
    const request = new Request(this, id, begin, admitted);
    this.#requests.add(request);
    this.#used = true;
    if (this.socket.timeout) this.socket.setTimeout(0);
    this.server.requestBegan();
    this.#begun.add(request);
    // Web servers that never multiplex use id 1, one request after the other.
    if (id > 1 || this.isShared) this.multiplexed = true;
  }

  #refuse(request: Refused, protocolStatus: ProtocolStatus): void {
    const body = encodeEndRequest({ appStatus: 0, protocolStatus });
    this.output.record(RecordType.END_REQUEST, request.id, body);
    this.reportRefusal(request, protocolStatus);
    if (this.#last && this.#requests.size === 0) this.#close(false);
  }

  /** A web server that asks and does not read the answers must not fill our memory with them. */
  #holdWhileUnread(): void {
    if (this.output.length <= this.server.settings.maxBufferedOutput) return;
    this.pause(this.output);
    this.output.awaitDrain();
  }

  #fail(error: ProtocolError, place: Place): void {
    this.destroy();
    this.#report(locateError(error, place));
  }

  #report(error: Error): void {
    this.watch.failed(error);
    this.server.reportConnectionError(error, this.socket);
  }

  #forget(request: Request): void {
    if (this.#requests.delete(request)) this.server.requestEnded();
  }

  #resumeWriters(): void {
    this.resume(this.output);
    for (const request of this.#requests.list()) request.drained();
  }

  #startIdleTimer(): void {
    const { closing, keepAliveTimeout } = this.server;
    const msecs = closing ? RETIREMENT : keepAliveTimeout;
    if (msecs > 0) this.socket.setTimeout(msecs);
  }

  #close(bodyEnded: boolean): void {
    if (this.#closing) return;
    this.#closing = true;
    this.output.flush();
    linger(this.socket, bodyEnded);
  }
}

function awaitParams(request: Request): void {
  request.awaitParams();
}

function deliver(request: Request): void {
  request.deliver();
}

function dispatch(request: Request): void {
  try {
    request.dispatch();
  } catch (error) {
    throwLater(error);
  }
}
