import type { RequestHead } from '../cgi/request-head.ts';
import { FcgiError, type FcgiErrorCode, ProtocolError } from '../errors.ts';
import type { WriteCallback } from '../http/exchange.ts';
import { abortMessage } from '../http/incoming-message.ts';
import { type BeginRequestBody, ProtocolStatus, RecordType, Role } from '../protocol/index.ts';
import type { Connection } from './connection.ts';
import type { RequestAbortMessage } from './diagnostics.ts';
import { failureResponse } from './failure-response.ts';
import { locateError } from './locate-error.ts';
import { type AnswerableRequest, Messages } from './messages.ts';
import { ParamsBlock } from './params-block.ts';
import { RequestInput } from './request-input.ts';
import { RequestOutput } from './request-output.ts';
import type { RoleListener } from './roles.ts';
import { throwLater } from './throw-later.ts';

const Stage = { PARAMS: 'params', READY: 'ready', RUNNING: 'running', ENDED: 'ended' } as const;
type Stage = (typeof Stage)[keyof typeof Stage];

type AbortedBy = RequestAbortMessage['by'];

/**
 * One request id's life on its connection:
 *
 *     BEGIN_REQUEST → params → (end of PARAMS) → ready → (dispatch) → running → END_REQUEST → ended
 *
 * From each stage it may end early: refused, timed out, aborted by either side.
 */
export class Request implements AnswerableRequest {
  readonly id: number;
  readonly role: number;
  readonly keepConnection: boolean;
  readonly roleListener: RoleListener;
  readonly input: RequestInput;
  readonly #connection: Connection;
  readonly #output: RequestOutput;
  readonly #params: ParamsBlock;
  /** PARAMS, once they are complete, and the meta-variables in them if somebody has asked. */
  #text = '';
  #variables: readonly string[] | undefined;
  #stage: Stage = Stage.PARAMS;
  #head: RequestHead | undefined;
  #messages: Messages | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor(
    connection: Connection,
    id: number,
    { role, keepConnection }: BeginRequestBody,
    roleListener: RoleListener,
  ) {
    this.#connection = connection;
    this.id = id;
    this.role = role;
    this.keepConnection = keepConnection;
    this.roleListener = roleListener;
    this.#params = new ParamsBlock(connection.server, connection.memory);
    this.input = new RequestInput(connection, role);
    this.#output = new RequestOutput(connection.output, id);
  }

  get writableLength(): number {
    return this.#connection.output.length;
  }

  /** The meta-variables: names and values in turn. */
  get variables(): readonly string[] {
    this.#variables ??= this.#connection.server.pairs.decode(Buffer.from(this.#text, 'latin1'));
    return this.#variables;
  }

  get bodyEnded(): boolean {
    return this.input.body.ended;
  }

  /**
   * Takes a piece of the PARAMS stream, from `start` to `end` of a chunk.
   *
   * @returns whether the request is ready to be dispatched
   */
  params(chunk: Buffer, start: number, end: number): boolean {
    if (this.#stage !== Stage.PARAMS) this.#unexpected(RecordType.PARAMS, 'after their end');
    if (start === end) return this.#endParams();
    const error = this.#params.push(chunk, start, end);
    if (error) this.#fail(error, RecordType.PARAMS);
    return false;
  }

  /** The chunk that began the request was read. If PARAMS have not ended, the time for them begins. */
  awaitParams(): void {
    if (this.#stage !== Stage.PARAMS) return;
    if (!this.#params.open()) return this.#overload();
    const error = this.#params.keep();
    if (error) return this.#fail(error, RecordType.PARAMS);
    const { paramsTimeout } = this.#connection.settings;
    this.#limitTime(paramsTimeout, 'ERR_FCGI_PARAMS_TIMEOUT', RecordType.PARAMS);
  }

  /**
   * Takes a piece of the STDIN or the DATA stream, from `start` to `end` of a chunk.
   *
   * @returns whether `deliver()` is to be called once the chunk was read
   */
  take(type: number, chunk: Buffer, start: number, end: number): boolean {
    if (this.#stage === Stage.PARAMS) this.#unexpected(type, 'before the end of PARAMS');
    // FastCGI §6.3 gives an Authorizer no STDIN; some web servers send it all the same, mostly empty.
    if (this.role === Role.AUTHORIZER && type === RecordType.STDIN) return false;
    const stream = this.input.stream(type);
    if (!stream) this.#unexpected(type, 'for a role that has no such stream');
    if (stream.ended) this.#unexpected(type, 'after its end');
    this.#messages?.socket.received(end - start);
    const isFirst = stream.attached && !stream.pending;
    const error = stream.take(chunk, start, end);
    if (error) this.#refuse(error, type);
    if (this.input.ended) clearTimeout(this.#deadline);
    return isFirst;
  }

  /** Passes on what has come in this chunk. */
  deliver(): void {
    this.#deliver(RecordType.STDIN);
    if (this.input.data) this.#deliver(RecordType.DATA);
  }

  /** Hands the request to the application. */
  dispatch(): void {
    if (this.#stage !== Stage.READY) return;
    this.#stage = Stage.RUNNING;
    const messages = new Messages(this.#connection.server, this, this.#head as RequestHead);
    this.#head = undefined;
    this.#messages = messages;
    if (!this.input.ended) {
      const { requestTimeout } = this.#connection.server;
      const late = this.input.body.ended ? RecordType.DATA : RecordType.STDIN;
      this.#limitTime(requestTimeout, 'ERR_FCGI_REQUEST_TIMEOUT', late);
    }
    this.input.body.attach(messages.incoming);
    this.#connection.watch.started(this, messages);
    messages.answer();
  }

  variable(name: string): string | undefined {
    const { variables } = this;
    for (let i = 0; i < variables.length; i += 2) {
      if (variables[i] === name) return variables[i + 1];
    }
    return undefined;
  }

  write(chunk: string | Uint8Array, encoding?: BufferEncoding, callback?: WriteCallback): boolean {
    return this.#output.write(chunk, encoding, callback);
  }

  writeError(chunk: Uint8Array, callback: WriteCallback): void {
    this.#output.writeError(chunk, callback);
  }

  resumeBody(): void {
    this.input.body.resume();
  }

  /** Emits `'drain'` where the response waits for it. */
  drained(): void {
    this.#output.drained();
    this.#messages?.socket.drained();
  }

  finish(): void {
    if (this.#stage === Stage.ENDED) return;
    this.#output.endResponse();
    this.#end();
    this.input.release();
    this.#connection.watch.ended(this, this.#messages as Messages);
  }

  /** The application gave the response up. */
  abort(): void {
    this.#giveUp('application');
  }

  /** The web server aborted the request (FastCGI §5.4), or its connection is gone. */
  abortByPeer(): void {
    if (this.#stage === Stage.ENDED) return;
    this.#end();
    this.#cutOff('web server');
  }

  /** Fails with what is wrong with a stream; what came of it before is the application's still. */
  #refuse(error: FcgiError, type: number): void {
    this.deliver();
    try {
      this.#fail(error, type);
    } catch (thrown) {
      throwLater(thrown);
    }
  }

  #deliver(type: number): void {
    try {
      const error = this.input.stream(type)?.deliver();
      if (error) this.#fail(error, type);
    } catch (error) {
      throwLater(error);
    }
  }

  #endParams(): boolean {
    clearTimeout(this.#deadline);
    try {
      this.#readHead();
      return true;
    } catch (error) {
      if (!(error instanceof FcgiError) || error instanceof ProtocolError) throw error;
      this.#fail(error, RecordType.PARAMS);
      return false;
    }
  }

  #readHead(): void {
    const { server } = this.#connection;
    const { variableReader: reader } = server;
    const { block, start, end } = this.#params;
    reader.open(block, server.settings.maxParams, start, end);
    this.#params.drop();
    this.#text = reader.text;
    this.#stage = Stage.READY;
    let head: RequestHead;
    try {
      head = this.input.begin(reader, this);
    } finally {
      reader.close();
    }
    const limit = server.maxHeadersCount;
    if (limit > 0 && head.rawHeaders.length > 2 * limit) {
      throw new FcgiError('ERR_FCGI_HEADERS_COUNT', `There are more than ${limit} headers`, {
        limit,
      });
    }
    this.#head = head;
  }

  /** Too many requests wait for the end of their PARAMS. */
  #overload(): void {
    this.#end(0, ProtocolStatus.OVERLOADED);
    this.#connection.reportRefusal(this, ProtocolStatus.OVERLOADED);
  }

  /**
   * Ends a request whose response is not whole. What was sent of it must not pass for the whole:
   * FCGI_END_REQUEST would tell the web server just that, so where no other request would suffer the
   * connection is broken off.
   */
  #giveUp(by: AbortedBy, error?: Error): void {
    if (this.#stage === Stage.ENDED) return;
    if (this.#output.begun && !this.#connection.isShared) this.#connection.breakOff(this);
    else this.#end(1);
    this.#cutOff(by, error);
  }

  /**
   * Ends the request because of what came from the web server, or did not come in time: with a response if
   * none has begun. `'clientError'` gets the error.
   *
   * @param type of the record that brought the failure, or should have come
   */
  #fail(reason: FcgiError, type: number): void {
    if (this.#stage === Stage.ENDED) return;
    const connection = this.#connection;
    const error = locateError(reason, { peer: connection.watch.peer, requestId: this.id, type });
    if (this.#output.begun) this.#giveUp('error', error);
    else this.#answer(error);
    connection.watch.failed(error);
    connection.server.reportRequestError(error);
  }

  #answer(error: FcgiError): void {
    this.#output.write(failureResponse(error.code), 'latin1');
    this.#output.endResponse();
    this.#end();
    this.#cutOff('error', error);
  }

  /** Sends FCGI_END_REQUEST; nothing of this id follows it. */
  #end(defaultStatus = 0, protocolStatus?: ProtocolStatus): void {
    this.#stage = Stage.ENDED;
    clearTimeout(this.#deadline);
    this.#params.drop();
    this.#output.end(this.#messages?.context.appStatus || defaultStatus, protocolStatus);
    this.#connection.ended(this);
  }

  /** Lets the application see what it would see under `http` when the client goes away. */
  #cutOff(by: AbortedBy, error?: Error): void {
    this.#stage = Stage.ENDED;
    clearTimeout(this.#deadline);
    this.input.cutOff(error);
    const messages = this.#messages;
    if (!messages) return;
    messages.context.abort();
    abortMessage(messages.incoming);
    messages.socket.destroy();
    this.#connection.watch.aborted(this, messages, { by, ...(error ? { error } : {}) });
  }

  #limitTime(msecs: number, code: FcgiErrorCode, type: number): void {
    if (msecs === 0 || msecs === Number.POSITIVE_INFINITY) return;
    const expire = () => {
      this.#fail(new FcgiError(code, `No end came within ${msecs} ms`, { limit: msecs }), type);
    };
    this.#deadline = setTimeout(expire, msecs).unref();
  }

  #unexpected(type: number, when: string): never {
    const details = { type, requestId: this.id };
    throw new ProtocolError('ERR_FCGI_UNEXPECTED_RECORD', `It came ${when}`, details);
  }
}
