import { EventEmitter } from 'node:events';
import { IncomingMessage } from 'node:http';
import type { RequestHead } from '../cgi/request-head.ts';
import { nodeSymbol } from './node-symbols.ts';

/** What Node's HTTP parser, whose part is played here, reaches into. */
interface ParsedMessage extends IncomingMessage {
  _addHeaderLines(rawHeaders: string[], length: number): void;
  readonly _consuming: boolean;
  readonly _eventsCount: number;
  readonly _readableState: ReadableState;
  _dumped: boolean;
  _dump(): void;
}

interface ReadableState {
  flowing: boolean | null;
  ended: boolean;
  endEmitted: boolean;
  destroyed: boolean;
  closed: boolean;
  closeEmitted: boolean;
}

/** Fills a fresh message with the head of its request; `headers` is made from it on first use. */
export function setHead(incoming: IncomingMessage, head: RequestHead): void {
  incoming.method = head.method;
  incoming.url = head.url;
  incoming.httpVersion = head.httpVersion;
  incoming.httpVersionMajor = 1;
  incoming.httpVersionMinor = head.httpVersion === '1.0' ? 0 : 1;
  (incoming as ParsedMessage)._addHeaderLines(head.rawHeaders, head.rawHeaders.length);
}

/**
 * Passes a piece of the body on.
 *
 * @returns false if the message has enough for now; it then asks for more through `socket.resume()`
 */
export function pushBody(incoming: IncomingMessage, piece: Buffer): boolean {
  return (incoming as ParsedMessage)._dumped || incoming.push(piece);
}

/** Ends the body. */
export function endBody(incoming: IncomingMessage): void {
  incoming.complete = true;
  incoming.push(null);
}

/**
 * Whether a body without a byte ends only when somebody reads it. In Node 26 that spares nothing, and `'end'` is
 * emitted before the `'close'` of the response instead of after it.
 */
export const endsLate = Number.parseInt(process.versions.node, 10) < 26;

/** Notes that there is no more of the body to come. It ends when somebody reads it. */
export function completeBody(incoming: IncomingMessage): void {
  incoming.complete = true;
}

const { emit } = EventEmitter.prototype;

/**
 * Whether a message has no body, and nobody has looked for one, or sees its events: by a listener, or by an
 * `emit()` of their own, as some tools for tracing have.
 *
 * Such a message need not go through the states of a stream up to `'close'`: six ticks of the event loop, and a
 * sixth of the time that a small request takes.
 */
export function isUnobserved(incoming: IncomingMessage): boolean {
  const message = incoming as ParsedMessage;
  const { ended, endEmitted, flowing } = message._readableState;
  if (!message.complete || message._consuming || flowing !== null) return false;
  if (endsLate ? ended : endEmitted) return false;
  return message._eventsCount === 0 && message.emit === emit && !message.destroyed;
}

/** Puts an unobserved message in the state that it would have after its last event. */
export function closeUnobserved(incoming: IncomingMessage): void {
  const message = incoming as ParsedMessage;
  const { _readableState: state } = message;
  message._dumped = true;
  if (endsLate) state.flowing = true;
  state.ended = true;
  state.endEmitted = true;
  state.destroyed = true;
  state.closed = true;
  state.closeEmitted = true;
}

/** Cuts the message off, with the events and the error of `http` when the client goes away. */
export function abortMessage(incoming: IncomingMessage): void {
  incoming.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
}

/**
 * Whether somebody has begun to read. Node's own flag is set when the body must be waited for, and so not
 * with one that was there before the listener.
 */
function isRead(message: ParsedMessage): boolean {
  const { _consuming, readableFlowing } = message;
  return _consuming || readableFlowing !== null || message.listenerCount('readable') > 0;
}

/** Node 26: stops `req.signal` from taking the end of a request for a disconnect. */
const kDetachAbortSignal = nodeSymbol(IncomingMessage.prototype, 'kDetachAbortSignal');

/** Notes that the response was sent: what happens to the connection is no abort any more. */
export function detachSignal(incoming: IncomingMessage): void {
  if (!kDetachAbortSignal) return;
  (incoming as unknown as Record<symbol, () => void>)[kDetachAbortSignal]?.();
}

/**
 * Lets go of a message whose response was sent, so that it ends and emits `'close'`.
 *
 * A body that nobody reads is thrown away, as `http` does. One that somebody still reads, and that the
 * web server had not wholly sent, is cut off: after FCGI_END_REQUEST no more of it can come.
 *
 * @returns whether somebody still reads a body that has wholly come, and needs the socket for it
 */
export function releaseMessage(incoming: IncomingMessage, bodyEnded: boolean): boolean {
  const message = incoming as ParsedMessage;
  if (!isRead(message)) message._dump();
  if (message.complete) {
    if (!message._readableState.ended) message.push(null);
    return false;
  }
  if (message._dumped) endBody(message);
  else if (bodyEnded) return true;
  else abortMessage(message);
  return false;
}
