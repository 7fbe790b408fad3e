import { type IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { listenForFinish } from './finish-listener.ts';
import { dropHopByHop } from './hop-by-hop.ts';
import {
  closeUnobserved,
  detachSignal,
  endsLate,
  isUnobserved,
  releaseMessage,
} from './incoming-message.ts';
import { responseSymbol } from './node-symbols.ts';
import { setOwnHeader } from './own-headers.ts';
import type { RequestSocket } from './request-socket.ts';

type Headers = OutgoingHttpHeaders | readonly unknown[] | undefined;

/** What Node's HTTP server, whose part is played here, reaches into. */
interface ServedResponse extends ServerResponse {
  _hasBody: boolean;
  _storeHeader(firstLine: string, headers: Headers): void;
  _finish(): void;
  _removedConnection: boolean;
  _removedTE: boolean;
  _closed: boolean;
}

/** Taken once: `process` is an accessor of the global object. Its module would load a quarter of a MB of others. */
const { nextTick } = process;

const { _storeHeader: storeHeader, _finish: finish } = ServerResponse.prototype as ServedResponse;

/**
 * Makes a response of `http` one of CGI, and ties it to its socket.
 *
 * Express replaces the prototype of `res`, so all that changes is on the instance: where `http` would
 * keep the head that `writeHead` passes, that of a CGI document response is kept (RFC 3875 §6.2.1).
 * Names and values go through the same checks, and the body is never framed.
 */
export function tieResponse(res: ServerResponse, socket: RequestSocket): void {
  const served = res as ServedResponse;
  // What `http` adds unless it was removed: framing and connection are the web server's (§6.3.4).
  served._removedConnection = true;
  served._removedTE = true;
  served.setHeader = setOwnHeader as ServedResponse['setHeader'];
  served._storeHeader = storeResponseHead;
  served._finish = finishRequest;
  listenForFinish(res, closeRequest);
  res.assignSocket(socket as never);
}

/**
 * What `res.end()` calls last, so that the end of the request leaves in one write with the response; `'finish'`
 * comes a tick later.
 */
function finishRequest(this: ServedResponse): void {
  finish.call(this);
  (this.socket as unknown as RequestSocket | null)?.finish();
}

/** As when a connection of `http` closes after its response: `'close'` on socket, `res` and `req`. */
function closeRequest(this: ServerResponse): void {
  const { req } = this;
  const socket = this.socket as unknown as RequestSocket;
  detachSignal(req);
  const unobserved = isUnobserved(req);
  const stillRead = !unobserved && releaseMessage(req, socket.bodyEnded);
  // Listeners for 'finish' find the response without its socket, as under `http`.
  this.detachSocket(socket as never);
  nextTick(emitClose, this, socket, unobserved);
  if (stillRead) req.once('close', () => socket.destroy());
  else socket.destroyNow();
}

/** What Node does for a response that has let go of its socket, and for the socket and the request. */
function emitClose(res: ServerResponse, socket: RequestSocket, unobserved: boolean): void {
  const response = res as ServedResponse;
  if (unobserved && !endsLate) {
    if (!isUnobserved(res.req)) return emitEndFirst(res, socket);
    closeUnobserved(res.req);
  }
  if (!response._closed) {
    response.destroyed = true;
    response._closed = true;
    response.emit('close');
  }
  if (socket.destroyed) socket.close();
  if (unobserved) nextTick(settleRequest, res.req);
}

/** Node 26: who listens to the request since `'finish'` hears its `'end'` in a tick before the response closes. */
function emitEndFirst(res: ServerResponse, socket: RequestSocket): void {
  releaseMessage(res.req, true);
  nextTick(emitClose, res, socket, false);
}

/** In this tick `http` emits `'end'`, and Node 26 `'close'`: who listens by now hears of it. */
function settleRequest(req: IncomingMessage): void {
  if (!endsLate) req.emit('close');
  else if (isUnobserved(req)) closeUnobserved(req);
  else releaseMessage(req, true);
}

/** The line is made anew: to cut it from that of `http`, V8 would have to put it together first. */
function storeResponseHead(this: ServerResponse, _line: string, headers: Headers): void {
  if (this.statusCode < 200) refuseStatus(this as ServedResponse);
  const kept = dropHopByHop(this, headers as OutgoingHttpHeaders | undefined);
  storeHeader.call(this, statusLine(this), kept);
}

/** Most responses have the first: it is there and need not be joined. */
function statusLine({ statusCode, statusMessage }: ServerResponse): string {
  if (statusCode === 200 && statusMessage === 'OK') return 'Status: 200 OK\r\n';
  return `Status: ${statusCode} ${statusMessage}\r\n`;
}

/** A 1xx head cannot be the last one of a response; `writeHead` has already prepared for it. */
function refuseStatus(res: ServedResponse): never {
  res._hasBody = res.req.method !== 'HEAD';
  res.statusMessage = '';
  throw Object.assign(
    new RangeError(`A response behind a web server cannot have the status ${res.statusCode}`),
    { code: 'ERR_HTTP_INVALID_STATUS_CODE' },
  );
}

/** Node's flag for "a write returned false"; it has no public setter. */
const kNeedDrain = responseSymbol('kNeedDrain');

/** Emits `'drain'` where it is waited for, as `http` does when the connection has drained. */
export function drainResponse(res: ServerResponse): void {
  if (!res.writableNeedDrain) return;
  if (kNeedDrain) (res as unknown as Record<symbol, boolean>)[kNeedDrain] = false;
  res.emit('drain');
}
