import { Readable } from 'node:stream';
import type { ResponseHead } from '../cgi/response-head.ts';
import { FcgiError } from '../errors.ts';

/** Where the bytes of a body come from. */
export interface BodySource {
  resume(): void;
  /** The body was destroyed; nothing if it had ended. */
  abort(error: Error | null): void;
}

/** The body of a response, held to the Content-Length of its head. */
export class ResponseBody extends Readable {
  readonly #source: BodySource;
  readonly #expected: number | undefined;
  #received = 0;

  /** @param hasContent whether Content-Length tells the length of this body, unlike that of HEAD */
  constructor(source: BodySource, head: ResponseHead, hasContent: boolean) {
    super({ highWaterMark: 64 * 1024 });
    this.#source = source;
    const length = contentLength(head);
    if (hasContent) this.#expected = length;
  }

  /**
   * Takes the next bytes.
   *
   * @returns whether there is room for more
   * @throws {FcgiError} `ERR_FCGI_BODY_LENGTH` if there are more than the head promised
   */
  receive(chunk: Buffer): boolean {
    this.#received += chunk.length;
    if (this.#received > (this.#expected ?? this.#received)) throw this.#lengthError();
    return this.push(chunk);
  }

  /** What is wrong if the body ends here. */
  missing(): Error | undefined {
    return this.#received === (this.#expected ?? this.#received) ? undefined : this.#lengthError();
  }

  override _read(): void {
    this.#source.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#source.abort(error);
    // The bytes that brought the head may bring the error too; let the reader see the head first, so
    // that it can listen for the error.
    if (error) setImmediate(callback, error);
    else callback();
  }

  #lengthError(): Error {
    const message = `The response has ${this.#received} bytes of a Content-Length of ${this.#expected}`;
    return new FcgiError('ERR_FCGI_BODY_LENGTH', message);
  }
}

/** A length that peers could understand differently is none to pass on (RFC 9112 §6.3). */
function contentLength({ rawHeaders }: ResponseHead): number | undefined {
  const isLength = (_: string, i: number) => rawHeaders[i - 1]?.toLowerCase() === 'content-length';
  const values = new Set(rawHeaders.filter((text, i) => i % 2 === 1 && isLength(text, i)));
  const [value] = values;
  if (value === undefined) return undefined;
  if (values.size > 1 || !/^\d{1,15}$/.test(value)) {
    const message = `The response has the Content-Length ${[...values].join(', ')}`;
    throw new FcgiError('ERR_FCGI_RESPONSE_HEAD', message);
  }
  return Number(value);
}
