import { addAbortListener } from 'node:events';
import { FcgiError } from '../errors.ts';
import { type EndRequestBody, encodeBeginRequest, RecordType, Role } from '../protocol/index.ts';
import { Answer, type Asker } from './answer.ts';
import type { Connection } from './connection.ts';
import type { RecordListener } from './record-observer.ts';
import { inputStreams, RequestInput } from './request-input.ts';
import type { RequestOptions } from './request-options.ts';
import type { RequestParams } from './request-params.ts';
import type { ClientResponse } from './response.ts';
import type { ConnectionRequest } from './running-requests.ts';

/** What all requests of a client have in common. */
export interface ExchangeSettings {
  readonly keepAlive: boolean;
  readonly timeout: number;
  readonly maxHeadSize: number;
}

/** One request on one connection, from FCGI_BEGIN_REQUEST to FCGI_END_REQUEST. */
export class Exchange implements ConnectionRequest, Asker {
  readonly #connection: Connection;
  readonly #options: RequestOptions;
  readonly #params: RequestParams;
  readonly #answer: Answer;
  #abortListener: Disposable | undefined;
  #input: RequestInput | undefined;
  #over = false;
  #requestId = 0;
  #sent = false;

  constructor(
    connection: Connection,
    params: RequestParams,
    options: RequestOptions,
    { maxHeadSize }: ExchangeSettings,
  ) {
    this.#connection = connection;
    this.#params = params;
    this.#options = options;
    this.#answer = new Answer(this, { maxHeadSize, stderr: options.stderr });
  }

  get name(): string {
    return this.#connection.name;
  }

  get method(): string {
    return this.#params.method;
  }

  get listener(): RecordListener | undefined {
    return this.#options.onRecord;
  }

  get inputEnded(): boolean {
    return this.#input?.ended ?? false;
  }

  /** Whether anything of it can have reached the application. */
  get sent(): boolean {
    return this.#sent;
  }

  /** Whether nothing of the answer came and the whole request can be sent once more. */
  get repeatable(): boolean {
    return !this.#answer.begun && (this.#input?.repeatable ?? true);
  }

  /** Sends the request. Resolves at the end of the response head. */
  run({ keepAlive, timeout }: ExchangeSettings): Promise<ClientResponse> {
    const { signal } = this.#options;
    const response = this.#answer.response();
    this.#sent = !this.#connection.lost;
    this.#requestId = this.#connection.begin(this, this.#options.timeout ?? timeout);
    if (!keepAlive) this.#connection.retire();
    if (signal) this.#abortListener = addAbortListener(signal, () => this.abort(signal.reason));
    if (this.#sent) this.#send(keepAlive);
    return response;
  }

  onRecord(type: number, content: Buffer): boolean {
    return this.#answer.onRecord(type, content);
  }

  onEndRequest(end: EndRequestBody): void {
    this.#leave();
    this.#answer.onEndRequest(end);
  }

  onError(error: Error): void {
    this.#leave();
    this.#answer.fail(error);
  }

  pause(): void {
    this.#connection.pause(this.#requestId);
  }

  resume(): void {
    if (!this.#over) this.#connection.resume(this.#requestId);
  }

  abort(reason: Error | null): void {
    if (this.#over) return;
    const message = 'The response body was destroyed before its end';
    const error = reason ?? new FcgiError('ERR_FCGI_CONNECTION_CLOSED', message);
    this.#connection.cancel(this.#requestId, error);
  }

  #send(keepConnection: boolean): void {
    const { role = Role.RESPONDER, body, data } = this.#options;
    const { writer } = this.#connection;
    const id = this.#requestId;
    writer.record(RecordType.BEGIN_REQUEST, id, encodeBeginRequest({ role, keepConnection }));
    writer.stream(RecordType.PARAMS, id, this.#params.block);
    writer.endStream(RecordType.PARAMS, id);
    this.#input = new RequestInput(this.#connection, id, inputStreams(role, body, data));
    this.#input.send();
  }

  #leave(): void {
    this.#over = true;
    this.#input?.stop();
    this.#abortListener?.[Symbol.dispose]();
  }
}
