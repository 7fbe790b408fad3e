import type { WriteCallback } from '../http/exchange.ts';
import { encodeEndRequest, ProtocolStatus, RecordType } from '../protocol/index.ts';
import type { Output } from './output.ts';

/** The body of nearly every FCGI_END_REQUEST. */
const SUCCESS = encodeEndRequest({
  appStatus: 0,
  protocolStatus: ProtocolStatus.REQUEST_COMPLETE,
});

/** What a request sends: STDOUT, STDERR and FCGI_END_REQUEST. */
export class RequestOutput {
  /** Whether something of the response was sent. */
  begun = false;
  readonly #output: Output;
  readonly #requestId: number;
  #wroteError = false;
  /** What waits for room until more of STDERR may be sent. */
  #waiting: WriteCallback | undefined;
  #ending = false;
  #ended = false;

  constructor(output: Output, requestId: number) {
    this.#output = output;
    this.#requestId = requestId;
  }

  /** @returns false if the writer had better wait for `'drain'` */
  write(chunk: string | Uint8Array, encoding?: BufferEncoding, callback?: WriteCallback): boolean {
    this.begun = true;
    return this.#output.stream(RecordType.STDOUT, this.#requestId, chunk, encoding, callback);
  }

  /**
   * Takes a piece of STDERR, and calls back when there is room for the next one. What comes after the end of
   * the request is dropped.
   */
  writeError(chunk: Uint8Array, callback: WriteCallback): void {
    if (this.#ended) return callback();
    this.#wroteError = true;
    const hasRoom = this.#output.stream(RecordType.STDERR, this.#requestId, chunk);
    if (hasRoom || this.#ending) callback();
    else this.#waiting = callback;
  }

  /** There is room again. */
  drained(): void {
    const callback = this.#waiting;
    this.#waiting = undefined;
    callback?.();
  }

  /** Ends STDOUT: the response is whole. */
  endResponse(): void {
    this.#output.endStream(RecordType.STDOUT, this.#requestId);
  }

  /** Ends the request: nothing of its id follows. */
  end(appStatus: number, protocolStatus: ProtocolStatus = ProtocolStatus.REQUEST_COMPLETE): void {
    // What the stream of STDERR still holds comes now: it was written before the end.
    this.#ending = true;
    this.drained();
    this.#ended = true;
    if (this.#wroteError) this.#output.endStream(RecordType.STDERR, this.#requestId);
    const succeeded = appStatus === 0 && protocolStatus === ProtocolStatus.REQUEST_COMPLETE;
    const body = succeeded ? SUCCESS : encodeEndRequest({ appStatus, protocolStatus });
    this.#output.record(RecordType.END_REQUEST, this.#requestId, body);
  }
}
