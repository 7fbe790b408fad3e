import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { type ResponseHead, ResponseHeadReader } from '../cgi/response-head.ts';
import { FcgiError } from '../errors.ts';

type Callback = (error?: Error | null) => void;

/**
 * The standard output of a CGI program: takes a CGI response (RFC 3875 §6), its head and then its body,
 * and sends it through `res`.
 *
 * It fails with `ERR_FCGI_RESPONSE_HEAD` if the head is malformed, too long, or ends before it is whole.
 * What is written after the client went away is dropped, as on a pipe that nobody reads.
 */
export class CgiOutput extends Writable {
  readonly #res: ServerResponse;
  readonly #reader = new ResponseHeadReader();
  /** Runs what the response does as who made this stream, not as the program that happens to write. */
  readonly #outside = AsyncLocalStorage.snapshot();

  constructor(res: ServerResponse) {
    super();
    this.#res = res;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    if (this.#res.destroyed) return callback();
    if (this.#res.headersSent) return this.#send(chunk, callback);
    const { parsed, error } = this.#parse(chunk);
    if (error) return callback(error);
    if (!parsed) return callback();
    const { statusCode, statusMessage, rawHeaders } = parsed.head;
    this.#outside(() => this.#res.writeHead(statusCode, statusMessage, rawHeaders));
    if (parsed.rest.length === 0) return callback();
    this.#send(parsed.rest, callback);
  }

  override _final(callback: Callback): void {
    if (this.#res.destroyed) return callback();
    if (!this.#res.headersSent) return callback(headIsMissing());
    const done = AsyncResource.bind(() => callback());
    this.#outside(() => this.#res.end(done));
  }

  #parse(chunk: Buffer): {
    parsed?: { head: ResponseHead; rest: Buffer } | undefined;
    error?: Error;
  } {
    try {
      return { parsed: this.#reader.push(chunk) };
    } catch (error) {
      return { error: error as Error };
    }
  }

  /** What waits for the web server goes on as the program that wrote it, not as the connection. */
  #send(chunk: Buffer, callback: Callback): void {
    if (this.#outside(() => this.#res.write(chunk))) return callback();
    const proceed = AsyncResource.bind(() => {
      this.#res.off('drain', proceed);
      this.#res.off('close', proceed);
      callback();
    });
    this.#res.on('drain', proceed);
    this.#res.on('close', proceed);
  }
}

function headIsMissing(): FcgiError {
  return new FcgiError('ERR_FCGI_RESPONSE_HEAD', 'The output ended before the response head did');
}
