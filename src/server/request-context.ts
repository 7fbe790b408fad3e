import { Readable, Writable } from 'node:stream';
import type { VariableSource } from '../cgi/variable-reader.ts';
import { variablesByName } from '../cgi/variables-by-name.ts';
import type { WriteCallback } from '../http/exchange.ts';

/** The FastCGI side of a request: `req.fastcgi`. */
export interface RequestContext {
  /** The request's id on its connection: 1 to 65,535. nginx and Apache always use 1. */
  readonly id: number;
  /** 1 Responder, 2 Authorizer, 3 Filter (FastCGI §6). */
  readonly role: number;
  /** Whether the web server keeps the connection for further requests (FCGI_KEEP_CONN). */
  readonly keepConnection: boolean;
  /**
   * The meta-variables (RFC 3875 §4.1) by name, their bytes as latin1, made on first use. The object has
   * no prototype, so that `__proto__` is a name like any other. If a variable came twice the last counts.
   */
  readonly params: Readonly<Record<string, string>>;
  /** Aborted when the request is cut off: by the web server, or by destroying `req` or `res`. */
  readonly signal: AbortSignal;
  /** FCGI_STDERR: what is written here goes to the web server's error log. */
  readonly stderr: Writable;
  /**
   * FCGI_DATA: the file that a Filter filters (FastCGI §6.4). Its length and the time of its last change
   * are `params.FCGI_DATA_LENGTH`, in bytes, and `params.FCGI_DATA_LAST_MOD`, in seconds since 1970. It
   * waits until it is read, and need not be read. Empty for the other roles.
   *
   * It fails with `ERR_FCGI_BODY_LENGTH` if it is not as long as FCGI_DATA_LENGTH says, and with
   * `ECONNRESET`, as `req` does, if the request is cut off.
   */
  readonly data: Readable;
  /**
   * What FCGI_END_REQUEST reports as the exit status that a CGI program would have had (FastCGI §5.5): 0 to
   * 4,294,967,295. What is set after the response has ended comes too late. A request that the application
   * gives up, by destroying `req` or `res`, ends with 1 unless another status was set.
   * @default 0
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when it is set to anything else
   */
  appStatus: number;
}

declare module 'node:http' {
  interface IncomingMessage {
    /** The request's FastCGI side; undefined when the request came over plain HTTP. */
    readonly fastcgi?: RequestContext;
  }
}

/** What the context asks of its request. */
export interface ContextRequest extends VariableSource {
  readonly id: number;
  readonly role: number;
  readonly keepConnection: boolean;
  /** What comes after PARAMS. */
  readonly input: { readonly data: Readable | undefined };
  writeError(chunk: Uint8Array, callback: WriteCallback): void;
}

/** Makes each part when it is first asked for: most requests need none. */
export class LazyRequestContext implements RequestContext {
  readonly #request: ContextRequest;
  #params: Record<string, string> | undefined;
  #controller: AbortController | undefined;
  #aborted = false;
  #stderr: Writable | undefined;
  #data: Readable | undefined;
  #appStatus = 0;

  constructor(request: ContextRequest) {
    this.#request = request;
  }

  get id(): number {
    return this.#request.id;
  }

  get role(): number {
    return this.#request.role;
  }

  get keepConnection(): boolean {
    return this.#request.keepConnection;
  }

  get params(): Readonly<Record<string, string>> {
    this.#params ??= variablesByName(this.#request.variables);
    return this.#params;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborted) this.#controller.abort();
    return this.#controller.signal;
  }

  get stderr(): Writable {
    const request = this.#request;
    this.#stderr ??= new Writable({
      write: (chunk, _encoding, callback) => request.writeError(chunk, callback),
    });
    return this.#stderr;
  }

  get data(): Readable {
    this.#data ??= this.#request.input.data ?? emptyStream();
    return this.#data;
  }

  get appStatus(): number {
    return this.#appStatus;
  }

  set appStatus(status: number) {
    if (!Number.isInteger(status) || status < 0 || status > 0xffff_ffff) {
      throw Object.assign(
        new RangeError(`appStatus must be a whole number of 32 bits, not ${String(status)}`),
        { code: 'ERR_OUT_OF_RANGE' },
      );
    }
    this.#appStatus = status;
  }

  /** Notes that the request was cut off. */
  abort(): void {
    this.#aborted = true;
    this.#controller?.abort();
  }
}

function emptyStream(): Readable {
  return new Readable({
    read() {
      this.push(null);
    },
  });
}
