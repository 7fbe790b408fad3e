import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import type { RequestVariables } from '../cgi/request-variables.ts';
import { abortError, headersSentError } from './errors.ts';
import { readRest, readSome } from './input.ts';
import { Operations } from './operations.ts';
import { type Chunk, type Chunks, type Payload, toPayload, withCharset } from './payload.ts';
import { checkRedirectStatus, encodeTarget } from './redirect.ts';
import { allowsBody, setHead, statusAllowsBody } from './response-head.ts';
import { discardChunks, sendChunks } from './send-chunks.ts';
import { HandlerStdout } from './stdout.ts';
import { dataOf, environOf, signalOf, stderrOf } from './streams.ts';
import { flushed, writeTo } from './write-to.ts';

/** What makes the body of a response; `object`, numbers, booleans and null are for JSON types. */
export type ResponseData = Chunk | Chunks | object | number | boolean | null;

/** What goes wherever a listener goes: a subclass of {@link Handler}. */
export type HandlerClass = new (req: IncomingMessage, res: ServerResponse) => Handler;

/** Ends the response of a handler whose `handle()` is done. */
export let complete: (handler: Handler) => Promise<void>;

/** Throws away what a handler wrote and was not yet sent. */
export let discard: (handler: Handler) => void;

/**
 * Answers one request, in the manner of a CGI program: an instance is made for each request, its
 * `handle()` is called, and when that is done the response is ended.
 *
 * The class goes wherever a listener goes, and serves plain HTTP as well. An error that `handle()` throws
 * is answered with status 500, or by destroying the response if a part of it was sent; it is reported on
 * `stderr` and as `'handlerError'` of the server.
 */
export abstract class Handler {
  /**
   * Bytes that `content()` and `readAll()` take into memory; more are an error, `ERR_FCGI_BODY_LENGTH`.
   * @default Infinity
   */
  static maxBodySize: number = Number.POSITIVE_INFINITY;

  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly #operations = new Operations();
  #environ: Readonly<RequestVariables> | undefined;
  #signal: AbortSignal | undefined;
  #stdout: HandlerStdout | undefined;
  #stderr: Writable | undefined;
  #data: Readable | undefined;
  #content: Promise<Buffer> | undefined;
  #responding = false;

  constructor(req: IncomingMessage, res: ServerResponse) {
    this.req = req;
    this.res = res;
  }

  /** Answers the request. The response is ended when this returns or the promise is fulfilled. */
  abstract handle(): void | Promise<void>;

  /**
   * The meta-variables (RFC 3875 §4.1) by name, their bytes as latin1, in an object without a prototype.
   * Under plain HTTP they are those that a web server would have sent.
   */
  get environ(): Readonly<RequestVariables> {
    this.#environ ??= environOf(this.req);
    return this.#environ;
  }

  /** The request body: `req`. */
  get stdin(): Readable {
    return this.req;
  }

  /** The response as a CGI program writes it: header lines, an empty line, the body (RFC 3875 §6). */
  get stdout(): Writable {
    return this.#output();
  }

  /** The web server's error log (FCGI_STDERR); under plain HTTP the process's standard error. */
  get stderr(): Writable {
    this.#stderr ??= stderrOf(this.req);
    return this.#stderr;
  }

  /** The file that a Filter filters (FCGI_DATA); empty in other roles. */
  get data(): Readable {
    this.#data ??= dataOf(this.req);
    return this.#data;
  }

  /** Whether the request was cut off: there is nobody left to answer. */
  get aborted(): boolean {
    return this.signal.aborted;
  }

  /** Aborted when the request is cut off. */
  get signal(): AbortSignal {
    this.#signal ??= signalOf(this.req, this.res);
    return this.#signal;
  }

  /**
   * Reads from the request body.
   *
   * @param size the most bytes to read; below 0, everything that is left
   * @returns what is there, waiting for something if nothing is; no bytes at the end of the body
   */
  read(size = -1): Promise<Buffer> {
    return size < 0 ? this.readAll() : readSome(this.stdin, size);
  }

  /**
   * Reads into a buffer.
   *
   * @returns how many bytes were read; 0 at the end of the body
   */
  async readInto(buffer: Uint8Array): Promise<number> {
    const bytes = await readSome(this.stdin, buffer.byteLength);
    buffer.set(bytes);
    return bytes.length;
  }

  /** Reads what is left of the request body: at most {@link Handler.maxBodySize} bytes. */
  readAll(): Promise<Buffer> {
    return readRest(this.stdin, (this.constructor as typeof Handler).maxBodySize);
  }

  /** The request body. It is read once; further calls return the same bytes. */
  content(): Promise<Buffer> {
    this.#content ??= this.readAll();
    return this.#content;
  }

  /**
   * Writes to `stdout`. What is written without waiting is kept in memory until the client takes it.
   *
   * @returns fulfilled when more may be written; rejected if the request was cut off
   */
  write(chunk: Chunk): Promise<void> {
    const output = this.#output();
    return this.#operations.run(() => {
      output.gather();
      const written = writeTo(output, chunk);
      if (output.writableNeedDrain) output.release();
      return written;
    });
  }

  /** Writes to `stderr`. */
  writeError(chunk: Chunk): Promise<void> {
    return this.#operations.run(() => writeTo(this.stderr, chunk));
  }

  /** Writes a line to `stdout`: the values as strings with a space between them. */
  print(...values: unknown[]): Promise<void> {
    return this.write(toLine(values));
  }

  /** Writes a line to `stderr`. */
  printError(...values: unknown[]): Promise<void> {
    return this.writeError(toLine(values));
  }

  /**
   * Sends a whole response.
   *
   * @param type the Content-Type. `; charset=utf-8` is added to a text type that has none if the body is
   *   made of strings
   * @param data a string or bytes, sent with their Content-Length; a value to be sent as JSON, if `type`
   *   is a JSON type; or an iterable, or async iterable, of strings and bytes, which are sent as they
   *   come. Without it a `text/plain` response has the status for its text, another no body
   * @param headers further headers; they win over those that the arguments make
   * @returns fulfilled when the response was handed over; rejected if the request was cut off
   * @throws at once, before anything is sent: {TypeError} `ERR_INVALID_CHAR` for CR or LF in `type` or a
   *   header, {TypeError} `ERR_INVALID_ARG_TYPE` for data that cannot be sent as `type`, {RangeError}
   *   `ERR_HTTP_INVALID_STATUS_CODE`, {Error} `ERR_HTTP_HEADERS_SENT` if the response was begun
   */
  sendResponse(
    status: number,
    type = 'text/plain',
    data?: ResponseData,
    headers: OutgoingHttpHeaders = {},
  ): Promise<void> {
    this.#requireUnsent();
    const payload = toPayload(status, type, data);
    const contentType = statusAllowsBody(status) ? type : undefined;
    setHead(this.res, status, { 'Content-Type': contentType, ...headers });
    const named = hasHeader(headers, 'content-type');
    const open: OpenPayload = (chunk, length) => {
      if (!named && contentType) this.res.setHeader('Content-Type', withCharset(type, chunk));
      return this.openBody(length);
    };
    this.#responding = true;
    return this.#operations.run(async () => {
      try {
        await this.#send(payload, open, data ?? '');
      } finally {
        // Where nothing was sent there is still a response to give.
        this.#responding = this.res.headersSent;
      }
    });
  }

  /**
   * Sends a redirect.
   *
   * @param target a URL, or a path on this server; characters beyond ASCII are percent-encoded as UTF-8
   * @param status 300 to 399, or 200 with a path for a local redirect, which some web servers follow
   *   themselves (RFC 3875 §6.2.2)
   * @default status 302
   * @throws at once, as {@link Handler.sendResponse} does
   */
  sendRedirect(target: string, status = 302): Promise<void> {
    checkRedirectStatus(target, status);
    const headers = { Location: encodeTarget(target), 'Content-Type': undefined };
    return this.sendResponse(status, 'application/octet-stream', '', headers);
  }

  /**
   * Where the body of the response goes, asked for when the head is complete and not yet sent: status
   * and headers are in `res`, and may be changed.
   *
   * @param length the body's bytes, if they are known already
   */
  protected openBody(_length?: number): Writable {
    return this.res;
  }

  #output(): HandlerStdout {
    this.#stdout ??= new HandlerStdout(this.res, (length) => this.openBody(length));
    return this.#stdout;
  }

  #requireUnsent(): void {
    if (this.#responding || this.res.headersSent || this.#stdout?.begun) throw headersSentError();
  }

  async #send(payload: Payload, open: OpenPayload, data: unknown): Promise<void> {
    if (this.res.destroyed) {
      if (!Buffer.isBuffer(payload)) discardChunks(payload);
      throw abortError();
    }
    if (!Buffer.isBuffer(payload)) return this.#sendChunks(payload, open);
    const { length } = payload;
    if (statusAllowsBody(this.res.statusCode)) this.res.setHeader('Content-Length', length);
    const body = open(data, length);
    const flushing = this.#errorsFlushed();
    if (flushing) await flushing;
    body.end(payload);
  }

  async #sendChunks(source: Chunks, open: OpenPayload): Promise<void> {
    let body: Writable;
    if (allowsBody(this.res)) {
      body = await sendChunks(source, this.res, open);
    } else {
      discardChunks(source);
      body = open(undefined);
    }
    await this.#errorsFlushed();
    body.end();
  }

  /** After the response nothing reaches the web server's error log. */
  #errorsFlushed(): Promise<void> | undefined {
    return this.#stderr && flushed(this.#stderr);
  }

  static {
    complete = async (handler) => {
      await handler.#operations.settled();
      await handler.#errorsFlushed();
      if (handler.#stdout) await handler.#stdout.finish();
      else if (!handler.res.headersSent) handler.openBody(0).end();
      else if (!handler.#responding) handler.res.end();
    };
    discard = (handler) => void handler.#stdout?.destroy();
  }
}

/** Completes the head and says where the body goes, by the body's first piece and its length. */
type OpenPayload = (first: unknown, length?: number) => Writable;

function toLine(values: readonly unknown[]): string {
  return `${values.map(String).join(' ')}\n`;
}

function hasHeader(headers: OutgoingHttpHeaders, lowerCaseName: string): boolean {
  return Object.keys(headers).some((name) => name.toLowerCase() === lowerCaseName);
}
