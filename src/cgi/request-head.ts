import { FcgiError } from '../errors.ts';
import { headerName, isCanonical } from './header-name.ts';
import { requestUrl } from './request-url.ts';

/** What a request's meta-variables say in HTTP's terms. */
export interface RequestHead {
  readonly method: string;
  /** The request target, as Node's `req.url` has it. */
  readonly url: string;
  /** '1.0' or '1.1': the wire between web server and application offers no more. */
  readonly httpVersion: '1.0' | '1.1';
  /** Names in lower case and values in turn, in the order of the variables. */
  readonly rawHeaders: string[];
  /** CONTENT_LENGTH, or undefined when it is absent, empty or -1: the length is then not known. */
  readonly contentLength: number | undefined;
}

/**
 * Maps a request's meta-variables to the head of an HTTP request (RFC 3875 §4.1).
 *
 * @param variables names and values in turn, in the order in which they came
 * @throws {FcgiError} `ERR_FCGI_META_VARIABLE` without a REQUEST_METHOD or with a CONTENT_LENGTH that is
 *   no number; `ERR_FCGI_HEADER_COLLISION` when two variables stand for one header
 */
export function requestHead(variables: readonly string[]): RequestHead {
  return new HeadReader(variables).head();
}

/** One pass over the variables: each is a header, one of the few that matter here, or neither. */
class HeadReader {
  readonly #rawHeaders: string[] = [];
  readonly #target: Record<string, string> = {};
  readonly #variables: readonly string[];
  #method = '';
  #protocol = '';
  #contentLength = '';
  #contentType = '';
  #headerContentType = '';
  #authorization = '';
  #redirectedAuthorization = '';
  #canonical = true;

  constructor(variables: readonly string[]) {
    this.#variables = variables;
    for (let i = 0; i < variables.length; i += 2) {
      this.#take(variables[i] as string, variables[i + 1] as string);
    }
  }

  head(): RequestHead {
    if (this.#method === '') refuse('REQUEST_METHOD is missing');
    if (!this.#canonical) refuseCollisions(this.#variables);
    const contentLength = parseContentLength(this.#contentLength);
    this.#addLateHeaders();
    return {
      method: this.#method,
      url: requestUrl(this.#target),
      httpVersion: this.#protocol === 'HTTP/1.0' ? '1.0' : '1.1',
      rawHeaders: this.#rawHeaders,
      contentLength,
    };
  }

  #take(variable: string, value: string): void {
    const header = headerName(variable);
    if (header === '') this.#takeVariable(variable, value);
    else this.#takeHeader(variable, header, value);
  }

  #takeHeader(variable: string, header: string, value: string): void {
    if (!isCanonical(variable)) this.#canonical = false;
    switch (header) {
      // CONTENT_TYPE and CONTENT_LENGTH stand for these two (RFC 3875 §4.1.18).
      case 'content-type':
        this.#headerContentType = value;
        return;
      case 'content-length':
      // Transfer codings end at the web server (RFC 9112 §6.1); the body comes as a stream of records.
      case 'transfer-encoding':
        return;
      case 'authorization':
        this.#authorization = value;
        // Rewrite rules that pass it on set it to nothing when there is none.
        if (value === '') return;
        break;
      case 'x-original-url':
        this.#target.HTTP_X_ORIGINAL_URL = value;
        break;
    }
    this.#rawHeaders.push(header, value);
  }

  #takeVariable(variable: string, value: string): void {
    switch (variable) {
      case 'REQUEST_METHOD':
        this.#method = value;
        return;
      case 'SERVER_PROTOCOL':
        this.#protocol = value;
        return;
      case 'CONTENT_LENGTH':
        this.#takeContentLength(value);
        return;
      case 'CONTENT_TYPE':
        this.#contentType = value;
        if (value !== '') this.#rawHeaders.push('content-type', value);
        return;
      case 'REQUEST_URI':
      case 'UNENCODED_URL':
      case 'SCRIPT_NAME':
      case 'PATH_INFO':
      case 'QUERY_STRING':
      case 'SERVER_SOFTWARE':
        this.#target[variable] = value;
        return;
    }
    if (isRedirectedAuthorization(variable)) this.#redirectedAuthorization = value;
  }

  #takeContentLength(value: string): void {
    // Caddy up to 2.6 says -1 of a chunked body, as Go does of a length that is not known.
    if (value === '' || value === '-1' || value === this.#contentLength) return;
    if (this.#contentLength !== '') refuse(`CONTENT_LENGTH is ${this.#contentLength} and ${value}`);
    this.#contentLength = value;
    this.#rawHeaders.push('content-length', value);
  }

  /** Headers that stand in for others, once it is known that the others did not come. */
  #addLateHeaders(): void {
    if (this.#contentType === '' && this.#headerContentType !== '') {
      this.#rawHeaders.push('content-type', this.#headerContentType);
    }
    if (this.#authorization === '' && this.#redirectedAuthorization !== '') {
      this.#rawHeaders.push('authorization', this.#redirectedAuthorization);
    }
  }
}

/** Apache renames variables at each internal redirect, as after a rewrite in `.htaccess`. */
function isRedirectedAuthorization(variable: string): boolean {
  return variable.startsWith('REDIRECT_') && /^(REDIRECT_)+HTTP_AUTHORIZATION$/.test(variable);
}

function parseContentLength(value: string): number | undefined {
  if (value === '') return undefined;
  const length = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(length)) refuse(`CONTENT_LENGTH is ${JSON.stringify(value)}`);
  return length;
}

function refuseCollisions(variables: readonly string[]): void {
  const seen = new Map<string, string>();
  for (let i = 0; i < variables.length; i += 2) {
    const variable = variables[i] as string;
    const header = headerName(variable);
    if (header === '') continue;
    const other = seen.get(header) ?? variable;
    if (other !== variable) {
      throw new FcgiError(
        'ERR_FCGI_HEADER_COLLISION',
        `The variables ${JSON.stringify(other)} and ${JSON.stringify(variable)} are both the header ${header}`,
      );
    }
    seen.set(header, variable);
  }
}

function refuse(reason: string): never {
  throw new FcgiError('ERR_FCGI_META_VARIABLE', reason);
}
