import type { Writable } from 'node:stream';
import { type ResponseHead, ResponseHeadReader } from '../cgi/response-head.ts';
import { FcgiError, ProtocolError } from '../errors.ts';
import { type EndRequestBody, ProtocolStatus, RecordType } from '../protocol/index.ts';
import { withName } from './connection-errors.ts';
import { type Deferred, deferred } from './deferred.ts';
import { HeldBody } from './held-body.ts';
import { RequestRefusedError } from './refused.ts';
import { type ClientResponse, type Progress, Response } from './response.ts';
import type { BodySource } from './response-body.ts';

/** Bytes of FCGI_STDERR that are kept for {@link ClientResponse.stderr}. */
const MAX_STDERR = 64 * 1024;

/** The request that is answered. */
export interface Asker extends BodySource {
  /** The application's address, for messages. */
  readonly name: string;
  /** The method of the request: some have no body in their answer. */
  readonly method: string;
  /** There is no room for more of the body. */
  pause(): void;
}

export interface AnswerOptions {
  readonly maxHeadSize: number;
  /** Takes FCGI_STDERR as it comes. */
  readonly stderr: Writable | undefined;
}

/** Makes a response of the records that answer a request. */
export class Answer implements Progress {
  readonly #asker: Asker;
  readonly #options: AnswerOptions;
  readonly #headReader: ResponseHeadReader;
  /** Settles the response; let go of once there is one, which leads to the body. */
  #settle: Pick<Deferred<ClientResponse>, 'resolve' | 'reject'> | undefined;
  readonly #completed = deferred<EndRequestBody>();
  #begun = false;
  #body: HeldBody | undefined;
  #end: EndRequestBody | undefined;
  #stderr = Buffer.alloc(0);
  #stdoutEnded = false;

  constructor(asker: Asker, options: AnswerOptions) {
    this.#asker = asker;
    this.#options = options;
    this.#headReader = new ResponseHeadReader(options.maxHeadSize);
    // Who reads the body learns of its failure there.
    this.#completed.promise.catch(() => {});
  }

  /** Whether anything of it has come. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Resolves at the end of the head. To be called once: nothing here keeps the response. */
  response(): Promise<ClientResponse> {
    const { promise, ...settle } = deferred<ClientResponse>();
    this.#settle = settle;
    return promise;
  }

  get completed(): Promise<EndRequestBody> {
    return this.#completed.promise;
  }

  get end(): EndRequestBody | undefined {
    return this.#end;
  }

  get stderr(): string {
    return this.#stderr.toString();
  }

  /**
   * @returns whether a record of this type belongs to an answer
   * @throws {FcgiError} `ERR_FCGI_RESPONSE_HEAD`, `ERR_FCGI_BODY_LENGTH`
   * @throws {ProtocolError} `ERR_FCGI_UNEXPECTED_RECORD`
   */
  onRecord(type: number, content: Buffer): boolean {
    if (type !== RecordType.STDERR && type !== RecordType.STDOUT) return false;
    this.#begun = true;
    if (type === RecordType.STDERR) this.#takeStderr(content);
    else this.#takeStdout(content);
    return true;
  }

  onEndRequest(end: EndRequestBody): void {
    const error = this.#problem(end);
    if (error) {
      this.fail(error);
      return;
    }
    this.#end = end;
    this.#body?.end();
    this.#completed.resolve(end);
  }

  fail(error: Error): void {
    this.#completed.reject(error);
    this.#body?.destroy(error);
    this.#settle?.reject(error);
  }

  #takeStderr(content: Buffer): void {
    if (content.length === 0) return;
    this.#options.stderr?.write(content);
    const room = MAX_STDERR - this.#stderr.length;
    if (room > 0) this.#stderr = Buffer.concat([this.#stderr, content.subarray(0, room)]);
  }

  #takeStdout(content: Buffer): void {
    if (content.length === 0) this.#stdoutEnded = true;
    else if (this.#stdoutEnded) refuseStdout();
    else if (this.#body) this.#takeBody(this.#body, content);
    else this.#takeHead(content);
  }

  #takeHead(content: Buffer): void {
    const parsed = this.#headReader.push(content);
    if (!parsed) return;
    const body = new HeldBody(this.#asker, parsed.head, this.#hasContent(parsed.head));
    this.#body = body;
    this.#settle?.resolve(new Response(parsed.head, body.readable, this));
    this.#settle = undefined;
    if (parsed.rest.length > 0) this.#takeBody(body, parsed.rest);
  }

  /** Responses to HEAD, 204 and 304 tell a length, if any, without having it (RFC 9110 §8.6). */
  #hasContent({ statusCode }: ResponseHead): boolean {
    return this.#asker.method !== 'HEAD' && statusCode !== 204 && statusCode !== 304;
  }

  #takeBody(body: HeldBody, content: Buffer): void {
    if (!body.receive(content)) this.#asker.pause();
  }

  /** What is wrong with an answer that ends here. */
  #problem({ protocolStatus }: EndRequestBody): Error | undefined {
    const { name } = this.#asker;
    if (protocolStatus !== ProtocolStatus.REQUEST_COMPLETE) {
      return new RequestRefusedError(protocolStatus, name);
    }
    if (this.#body) {
      const error = this.#body.missing();
      return error && withName(error, name);
    }
    const message = `${name} ended its response before the head was complete`;
    return new FcgiError('ERR_FCGI_RESPONSE_HEAD', message);
  }
}

function refuseStdout(): never {
  throw new ProtocolError('ERR_FCGI_UNEXPECTED_RECORD', 'FCGI_STDOUT goes on after its end', {
    type: RecordType.STDOUT,
  });
}
