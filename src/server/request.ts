import { STATUS_CODES } from 'node:http';
import { type RequestHead, requestHead } from '../cgi/request-head.ts';
import { FcgiError, ProtocolError } from '../errors.ts';
import type { Exchange, WriteCallback } from '../http/exchange.ts';
import { abortMessage } from '../http/incoming-message.ts';
import {
  type BeginRequestBody,
  encodeEndRequest,
  ProtocolStatus,
  RecordType,
  recordTypeName,
} from '../protocol/index.ts';
import type { Connection } from './connection.ts';
import { createMessages, type Messages } from './dispatch.ts';
import { RequestBody } from './request-body.ts';

const Stage = { PARAMS: 'params', READY: 'ready', RUNNING: 'running', ENDED: 'ended' } as const;
type Stage = (typeof Stage)[keyof typeof Stage];

/**
 * One request id's life on its connection:
 *
 *     BEGIN_REQUEST → params → (end of PARAMS) → ready → (dispatch) → running → END_REQUEST → ended
 *
 * From each stage it may end early: refused, timed out, aborted by either side.
 */
export class Request implements Exchange {
  readonly id: number;
  readonly role: number;
  readonly keepConnection: boolean;
  readonly body: RequestBody;
  /** The meta-variables: names and values in turn. */
  variables: readonly string[] = [];
  readonly #connection: Connection;
  #stage: Stage = Stage.PARAMS;
  #params: Buffer[] = [];
  #paramsSize = 0;
  #head: RequestHead | undefined;
  #messages: Messages | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #wroteOutput = false;
  #wroteError = false;

  constructor(connection: Connection, id: number, { role, keepConnection }: BeginRequestBody) {
    this.#connection = connection;
    this.id = id;
    this.role = role;
    this.keepConnection = keepConnection;
    this.body = new RequestBody(connection);
  }

  get awaitsParams(): boolean {
    return this.#stage === Stage.PARAMS;
  }

  get writableLength(): number {
    return this.#connection.output.length;
  }

  get bodyEnded(): boolean {
    return this.body.ended;
  }

  /**
   * Takes a piece of the PARAMS stream.
   *
   * @returns whether the request is ready to be dispatched
   */
  params(content: Buffer): boolean {
    if (this.#stage !== Stage.PARAMS) this.#unexpected(RecordType.PARAMS, 'after their end');
    if (content.length === 0) return this.#endParams();
    this.#paramsSize += content.length;
    const limit = this.#connection.server.settings.maxParamsSize;
    if (this.#paramsSize > limit) {
      this.fail(431, 'ERR_FCGI_PARAMS_SIZE', `PARAMS have more than ${limit} bytes`, { limit });
    } else {
      this.#params.push(content);
    }
    return false;
  }

  /** Takes a piece of the STDIN stream. */
  stdin(content: Buffer): void {
    if (this.#stage === Stage.PARAMS)
      this.#unexpected(RecordType.STDIN, 'before the end of PARAMS');
    if (this.body.ended) this.#unexpected(RecordType.STDIN, 'after its end');
    const length = this.body.received + content.length;
    const expected = this.#head?.contentLength ?? length;
    if (length > expected || (content.length === 0 && length < expected)) {
      const message = `The body has ${length > expected ? 'more' : 'fewer'} bytes than its CONTENT_LENGTH ${expected}`;
      this.fail(400, 'ERR_FCGI_BODY_LENGTH', message, { limit: expected });
    } else if (content.length > 0) {
      this.#takeBody(content);
    } else {
      clearTimeout(this.#deadline);
      this.body.end();
    }
  }

  /** Hands the request to the application. */
  dispatch(): void {
    if (this.#stage !== Stage.READY) return;
    this.#stage = Stage.RUNNING;
    const messages = createMessages(this.#connection.server, this, this.#head as RequestHead);
    this.#messages = messages;
    if (!this.body.ended) {
      const { requestTimeout } = this.#connection.server;
      this.#limitTime(requestTimeout, 'ERR_FCGI_REQUEST_TIMEOUT', 'The request body');
    }
    this.body.attach(messages.incoming);
    messages.emit();
  }

  /** Begins the time within which PARAMS must end. */
  limitParamsTime(): void {
    const { paramsTimeout } = this.#connection.server.settings;
    this.#limitTime(paramsTimeout, 'ERR_FCGI_PARAMS_TIMEOUT', 'PARAMS');
  }

  variable(name: string): string | undefined {
    const { variables } = this;
    for (let i = 0; i < variables.length; i += 2) {
      if (variables[i] === name) return variables[i + 1];
    }
    return undefined;
  }

  write(chunk: string | Uint8Array, encoding?: BufferEncoding, callback?: WriteCallback): boolean {
    this.#wroteOutput = true;
    const { output } = this.#connection;
    return output.stream(RecordType.STDOUT, this.id, chunk, encoding, callback);
  }

  writeError(chunk: Uint8Array, callback: WriteCallback): void {
    if (this.#stage === Stage.ENDED) return callback();
    this.#wroteError = true;
    this.#connection.output.stream(RecordType.STDERR, this.id, chunk, undefined, callback);
  }

  resumeBody(): void {
    this.body.resume();
  }

  /** Emits `'drain'` where the response waits for it. */
  drained(): void {
    this.#messages?.socket.drained();
  }

  finish(): void {
    if (this.#stage === Stage.ENDED) return;
    this.#connection.output.endStream(RecordType.STDOUT, this.id);
    this.#end(0);
    this.body.release();
  }

  /**
   * The application gave the response up. What was sent of it must not pass for the whole: FCGI_END_REQUEST
   * would tell the web server just that, so where no other request would suffer the connection is cut,
   * as it is when a FastCGI process dies.
   */
  abort(): void {
    if (this.#stage === Stage.ENDED) return;
    if (this.#wroteOutput && !this.#connection.isShared) this.#connection.destroy();
    else this.#end(1);
    this.#cutOff();
  }

  /** The web server aborted the request (FastCGI §5.4), or its connection is gone. */
  abortByPeer(): void {
    if (this.#stage === Stage.ENDED) return;
    this.#end(0);
    this.#cutOff();
  }

  /**
   * Ends the request because of what came from the web server: with the status if nothing was sent yet.
   * `'clientError'` gets the error.
   */
  fail(
    statusCode: number,
    code: FcgiError['code'],
    message: string,
    details: { limit?: number; cause?: unknown } = {},
  ): void {
    if (this.#stage === Stage.ENDED) return;
    if (this.#wroteOutput) this.abort();
    else this.#answer(statusCode);
    this.#connection.server.reportRequestError(
      new FcgiError(code, message, { requestId: this.id, ...details }),
    );
  }

  #endParams(): boolean {
    const block = this.#params.length === 1 ? this.#params[0] : Buffer.concat(this.#params);
    this.#params = [];
    clearTimeout(this.#deadline);
    this.variables = this.#connection.decoder.decode(block as Buffer);
    this.#stage = Stage.READY;
    try {
      this.#head = requestHead(this.variables);
      return true;
    } catch (error) {
      if (!(error instanceof FcgiError)) throw error;
      this.fail(400, error.code, error.message);
      return false;
    }
  }

  #takeBody(content: Buffer): void {
    this.#messages?.socket.received(content.length);
    try {
      this.body.push(content);
    } catch (cause) {
      const message = 'A body that was not read in time could not be spooled';
      this.fail(503, 'ERR_FCGI_BODY_SPOOL', message, { cause });
    }
  }

  #answer(statusCode: number): void {
    const reason = `${STATUS_CODES[statusCode]}\n`;
    const head = `Status: ${statusCode} ${reason.trim()}\r\nContent-Type: text/plain\r\nContent-Length: ${reason.length}\r\n\r\n`;
    const { output } = this.#connection;
    output.stream(RecordType.STDOUT, this.id, head + reason, 'latin1');
    output.endStream(RecordType.STDOUT, this.id);
    this.#end(0);
    this.#cutOff();
  }

  /** Sends FCGI_END_REQUEST; nothing of this id follows it. */
  #end(appStatus: number): void {
    this.#stage = Stage.ENDED;
    clearTimeout(this.#deadline);
    const { output } = this.#connection;
    if (this.#wroteError) output.endStream(RecordType.STDERR, this.id);
    const body = encodeEndRequest({ appStatus, protocolStatus: ProtocolStatus.REQUEST_COMPLETE });
    output.record(RecordType.END_REQUEST, this.id, body);
    this.#connection.ended(this);
  }

  /** Lets the application see what it would see under `http` when the client goes away. */
  #cutOff(): void {
    this.#stage = Stage.ENDED;
    clearTimeout(this.#deadline);
    this.body.close();
    const messages = this.#messages;
    if (!messages) return;
    messages.context.abort();
    abortMessage(messages.incoming);
    messages.socket.destroy();
  }

  #limitTime(msecs: number, code: FcgiError['code'], what: string): void {
    if (msecs === 0 || msecs === Number.POSITIVE_INFINITY) return;
    const expire = () => this.fail(408, code, `${what} took over ${msecs} ms`, { limit: msecs });
    this.#deadline = setTimeout(expire, msecs).unref();
  }

  #unexpected(type: number, when: string): never {
    const message = `${recordTypeName(type)} of request ${this.id} ${when}`;
    throw new ProtocolError('ERR_FCGI_UNEXPECTED_RECORD', message, { type, requestId: this.id });
  }
}
