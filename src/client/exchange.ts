import { addAbortListener } from 'node:events';
import { type ResponseHead, ResponseHeadReader } from '../cgi/response-head.ts';
import { FcgiError, ProtocolError } from '../errors.ts';
import {
  type EndRequestBody,
  encodeBeginRequest,
  ProtocolStatus,
  RecordType,
  Role,
} from '../protocol/index.ts';
import type { Connection, ConnectionRequest } from './connection.ts';
import { deferred } from './deferred.ts';
import type { RecordListener } from './record-observer.ts';
import { RequestRefusedError } from './refused.ts';
import type { RequestOptions } from './request.ts';
import { RequestBodySender } from './request-body.ts';
import type { ClientResponse } from './response.ts';
import { type BodySource, ResponseBody } from './response-body.ts';

/** Bytes of FCGI_STDERR that are kept for {@link ClientResponse.stderr}. */
const MAX_STDERR = 64 * 1024;

/** What all requests of a client have in common. */
export interface ExchangeSettings {
  readonly keepAlive: boolean;
  readonly timeout: number;
  readonly maxHeadSize: number;
}

/** One request on one connection, from FCGI_BEGIN_REQUEST to FCGI_END_REQUEST. */
export class Exchange implements ConnectionRequest, BodySource {
  readonly #connection: Connection;
  readonly #options: RequestOptions;
  readonly #headReader: ResponseHeadReader;
  readonly #head = deferred<ClientResponse>();
  readonly #completed = deferred<EndRequestBody>();
  #abortListener: Disposable | undefined;
  #answered = false;
  #body: ResponseBody | undefined;
  #over = false;
  #requestId = 0;
  #sender: RequestBodySender | undefined;
  #stderr = Buffer.alloc(0);
  #stdoutEnded = false;

  constructor(connection: Connection, options: RequestOptions, settings: ExchangeSettings) {
    this.#connection = connection;
    this.#options = options;
    this.#headReader = new ResponseHeadReader(settings.maxHeadSize);
    // Who reads the body learns of its failure there.
    this.#completed.promise.catch(() => {});
  }

  get listener(): RecordListener | undefined {
    return this.#options.onRecord;
  }

  get inputEnded(): boolean {
    return this.#sender?.ended ?? true;
  }

  /** Whether nothing of the answer came and the whole request can be sent once more. */
  get repeatable(): boolean {
    return !this.#answered && (this.#sender?.repeatable ?? true);
  }

  /** Sends the request. Resolves at the end of the response head. */
  run(params: Buffer, { keepAlive, timeout }: ExchangeSettings): Promise<ClientResponse> {
    const { role = Role.RESPONDER, signal } = this.#options;
    this.#requestId = this.#connection.begin(this, this.#options.timeout ?? timeout);
    if (!keepAlive) this.#connection.retire();
    const { writer } = this.#connection;
    const begin = encodeBeginRequest({ role, keepConnection: keepAlive });
    writer.record(RecordType.BEGIN_REQUEST, this.#requestId, begin);
    writer.stream(RecordType.PARAMS, this.#requestId, params);
    writer.endStream(RecordType.PARAMS, this.#requestId);
    this.#sendBody(role);
    if (signal) this.#abortListener = addAbortListener(signal, () => this.abort(signal.reason));
    return this.#head.promise;
  }

  onRecord(type: number, content: Buffer): boolean {
    if (type === RecordType.STDERR) this.#takeStderr(content);
    else if (type === RecordType.STDOUT) this.#takeStdout(content);
    else return false;
    this.#answered = true;
    return true;
  }

  onEndRequest(end: EndRequestBody): void {
    const error = this.#finish(end);
    if (error) this.onError(error);
    else this.#completed.resolve(end);
    this.#leave();
  }

  onError(error: Error): void {
    this.#leave();
    this.#completed.reject(error);
    if (this.#body) this.#body.destroy(error);
    else this.#head.reject(error);
  }

  resume(): void {
    if (!this.#over) this.#connection.resume();
  }

  /** The connection is closed, as nginx and Apache do: hardly a peer reads FCGI_ABORT_REQUEST. */
  abort(reason: Error | null): void {
    if (this.#over) return;
    const message = 'The response body was destroyed before its end';
    this.#connection.destroy(reason ?? new FcgiError('ERR_FCGI_CONNECTION_CLOSED', message));
  }

  /** An Authorizer has no STDIN (FastCGI §6.3); a Filter has DATA after it (§6.4). */
  #sendBody(role: Role): void {
    if (role !== Role.AUTHORIZER) {
      this.#sender = new RequestBodySender(this.#options.body, this.#connection, this.#requestId);
    }
    if (role === Role.FILTER) this.#connection.writer.endStream(RecordType.DATA, this.#requestId);
    this.#connection.flush();
    this.#sender?.start();
  }

  #takeStderr(content: Buffer): void {
    if (content.length === 0) return;
    this.#options.stderr?.write(content);
    const room = MAX_STDERR - this.#stderr.length;
    if (room > 0) this.#stderr = Buffer.concat([this.#stderr, content.subarray(0, room)]);
  }

  #takeStdout(content: Buffer): void {
    if (content.length === 0) this.#stdoutEnded = true;
    else if (this.#stdoutEnded) this.#refuseStdout();
    else if (this.#body) this.#takeBody(this.#body, content);
    else this.#takeHead(content);
  }

  #takeHead(content: Buffer): void {
    const parsed = this.#headReader.push(content);
    if (!parsed) return;
    const body = new ResponseBody(this, parsed.head, this.#hasContent(parsed.head));
    this.#body = body;
    this.#head.resolve(this.#response(parsed.head, body));
    if (parsed.rest.length > 0) this.#takeBody(body, parsed.rest);
  }

  #response(head: ResponseHead, body: ResponseBody): ClientResponse {
    const stderr = () => this.#stderr.toString();
    return {
      ...head,
      body,
      completed: this.#completed.promise,
      get stderr() {
        return stderr();
      },
    };
  }

  /** Responses to HEAD, 204 and 304 tell a length, if any, without having it (RFC 9110 §8.6). */
  #hasContent({ statusCode }: ResponseHead): boolean {
    const { REQUEST_METHOD } = this.#options.params;
    return REQUEST_METHOD !== 'HEAD' && statusCode !== 204 && statusCode !== 304;
  }

  #takeBody(body: ResponseBody, content: Buffer): void {
    if (!body.receive(content)) this.#connection.pause();
  }

  /** Takes the end of the request, and returns what is wrong with it. */
  #finish({ protocolStatus }: EndRequestBody): Error | undefined {
    this.#over = true;
    if (protocolStatus !== ProtocolStatus.REQUEST_COMPLETE) {
      return new RequestRefusedError(protocolStatus, this.#connection.name);
    }
    if (this.#body) return this.#body.finish();
    const message = `${this.#connection.name} ended its response before the head was complete`;
    return new FcgiError('ERR_FCGI_RESPONSE_HEAD', message);
  }

  #leave(): void {
    this.#over = true;
    this.#sender?.stop();
    this.#abortListener?.[Symbol.dispose]();
  }

  #refuseStdout(): never {
    throw new ProtocolError('ERR_FCGI_UNEXPECTED_RECORD', 'FCGI_STDOUT goes on after its end', {
      type: RecordType.STDOUT,
      requestId: this.#requestId,
    });
  }
}
