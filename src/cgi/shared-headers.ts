import { FcgiError } from '../errors.ts';
import { lengthVariable } from './length-variable.ts';
import { Kind } from './variable-meaning.ts';

/** Headers that more than one variable may stand for: the content's type and length, and the credentials. */
export class SharedHeaders {
  readonly #rawHeaders: string[];
  #contentLength = '';
  #contentType = '';
  #headerContentType = '';
  #authorization = '';
  #redirectedAuthorization = '';

  /** @param rawHeaders where the headers go: names and values in turn */
  constructor(rawHeaders: string[]) {
    this.#rawHeaders = rawHeaders;
  }

  /**
   * Takes a variable.
   *
   * @param value what it says; a variable that is empty says nothing
   * @throws {FcgiError} `ERR_FCGI_META_VARIABLE` when CONTENT_LENGTH comes with two values
   */
  take(kind: Kind, value: string): void {
    switch (kind) {
      case Kind.CONTENT_LENGTH:
        this.#takeContentLength(value);
        return;
      case Kind.CONTENT_TYPE:
        this.#contentType = value;
        this.#rawHeaders.push('content-type', value);
        return;
      case Kind.HEADER_CONTENT_TYPE:
        this.#headerContentType = value;
        return;
      case Kind.AUTHORIZATION:
        this.#authorization = value;
        this.#rawHeaders.push('authorization', value);
        return;
      case Kind.REDIRECTED_AUTHORIZATION:
        this.#redirectedAuthorization = value;
    }
  }

  /**
   * CONTENT_LENGTH; undefined if it has not come.
   *
   * @throws {FcgiError} `ERR_FCGI_META_VARIABLE` if it is no number
   */
  get contentLength(): number | undefined {
    return lengthVariable('CONTENT_LENGTH', this.#contentLength);
  }

  /** Adds those that stand in for others, once it is known that the others did not come. */
  addSubstitutes(): void {
    if (this.#contentType === '' && this.#headerContentType !== '') {
      this.#rawHeaders.push('content-type', this.#headerContentType);
    }
    if (this.#authorization === '' && this.#redirectedAuthorization !== '') {
      this.#rawHeaders.push('authorization', this.#redirectedAuthorization);
    }
  }

  #takeContentLength(value: string): void {
    // Caddy up to 2.6 says -1 of a chunked body, as Go does of a length that is not known.
    if (value === '-1' || value === this.#contentLength) return;
    if (this.#contentLength !== '') {
      const message = `CONTENT_LENGTH is ${this.#contentLength} and ${value}`;
      throw new FcgiError('ERR_FCGI_META_VARIABLE', message);
    }
    this.#contentLength = value;
    this.#rawHeaders.push('content-length', value);
  }
}
