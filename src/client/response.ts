import { type IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { ResponseHead } from '../cgi/response-head.ts';
import type { EndRequestBody } from '../protocol/index.ts';

/** The answer to a request: complete up to the end of its head, the body still to come. */
export interface ClientResponse extends ResponseHead {
  /**
   * Names in lower case, with values joined as in `http.IncomingMessage`: `set-cookie` is an array, of some
   * names the first value counts.
   */
  readonly headers: IncomingHttpHeaders;
  /**
   * The body. The application is read as fast as this is, so consume or destroy it; destroying it
   * aborts the request. It fails with the error that cut it off, so that a part never passes for the whole.
   */
  readonly body: Readable;
  /** What the application has written to FCGI_STDERR so far, as UTF-8; at most the first 64 KiB. */
  readonly stderr: string;
  /**
   * FCGI_END_REQUEST. It comes after the body, so that one must be read for this to resolve; rejects
   * with what cut the body off.
   */
  readonly completed: Promise<EndRequestBody>;
  /** The exit status a CGI program would have had; `undefined` until `completed` has resolved. */
  readonly appStatus: number | undefined;
  /** 0, FCGI_REQUEST_COMPLETE; `undefined` until `completed` has resolved. */
  readonly protocolStatus: number | undefined;
}

/** What of an answer is known later than its head. */
export interface Progress {
  readonly stderr: string;
  readonly completed: Promise<EndRequestBody>;
  readonly end: EndRequestBody | undefined;
}

export class Response implements ClientResponse {
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly rawHeaders: string[];
  readonly localRedirect: string | undefined;
  readonly body: Readable;
  readonly completed: Promise<EndRequestBody>;
  readonly #progress: Progress;
  #headers: IncomingHttpHeaders | undefined;

  constructor(head: ResponseHead, body: Readable, progress: Progress) {
    this.statusCode = head.statusCode;
    this.statusMessage = head.statusMessage;
    this.rawHeaders = head.rawHeaders;
    this.localRedirect = head.localRedirect;
    this.body = body;
    this.completed = progress.completed;
    this.#progress = progress;
  }

  get headers(): IncomingHttpHeaders {
    this.#headers ??= joinHeaders(this.rawHeaders);
    return this.#headers;
  }

  get stderr(): string {
    return this.#progress.stderr;
  }

  get appStatus(): number | undefined {
    return this.#progress.end?.appStatus;
  }

  get protocolStatus(): number | undefined {
    return this.#progress.end?.protocolStatus;
  }
}

/** What Node's HTTP parser calls. */
interface ParsedMessage extends IncomingMessage {
  _addHeaderLines(rawHeaders: string[], length: number): void;
}

function joinHeaders(rawHeaders: string[]): IncomingHttpHeaders {
  const message = new IncomingMessage(undefined as never) as ParsedMessage;
  message._addHeaderLines(rawHeaders, rawHeaders.length);
  return message.headers;
}
