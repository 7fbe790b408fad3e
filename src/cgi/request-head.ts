import { FcgiError } from '../errors.ts';
import { headerName } from './header-name.ts';
import { requestUrl } from './request-url.ts';
import { Kind, type VariableMeaning, variableMeaning } from './variable-meaning.ts';
import { VariableList, type VariableReader, type VariableSource } from './variable-reader.ts';
import { variablesByName } from './variables-by-name.ts';

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
  return readRequestHead(new VariableList(variables), { variables });
}

/**
 * The same for variables that are read one by one.
 *
 * @param source has all of them, for the few requests that need more than one pass
 */
export function readRequestHead(reader: VariableReader, source: VariableSource): RequestHead {
  return new Head(reader, source);
}

/** One pass over the variables: each is a header, one of the few that matter here, or neither. */
class Head implements RequestHead {
  method = '';
  url = '';
  httpVersion: '1.0' | '1.1' = '1.1';
  readonly rawHeaders: string[] = [];
  contentLength: number | undefined = undefined;
  #contentLength = '';
  #contentType = '';
  #headerContentType = '';
  #authorization = '';
  #redirectedAuthorization = '';
  #canonical = true;

  constructor(reader: VariableReader, source: VariableSource) {
    while (reader.next()) {
      const { name } = reader;
      name.meaning ??= variableMeaning(name.text);
      this.#take(name.meaning as VariableMeaning, reader);
    }
    if (this.method === '') refuse('REQUEST_METHOD is missing');
    if (!this.#canonical) refuseCollisions(source.variables);
    if (this.#contentLength !== '') this.contentLength = parseContentLength(this.#contentLength);
    if (!this.url.startsWith('/')) this.url = requestUrl(variablesByName(source.variables));
    this.#addLateHeaders();
  }

  #take({ kind, header, canonical }: VariableMeaning, reader: VariableReader): void {
    if (!canonical) this.#canonical = false;
    switch (kind) {
      case Kind.OTHER:
        return;
      case Kind.HEADER:
        this.rawHeaders.push(header, reader.value());
        return;
      case Kind.METHOD:
        this.method = reader.value();
        return;
      case Kind.URI:
        this.url = reader.value();
        return;
      case Kind.PROTOCOL:
        this.httpVersion = reader.value() === 'HTTP/1.0' ? '1.0' : '1.1';
        return;
      default:
        this.#takeContent(kind, reader.value());
    }
  }

  #takeContent(kind: Kind, value: string): void {
    switch (kind) {
      case Kind.CONTENT_LENGTH:
        this.#takeContentLength(value);
        return;
      case Kind.CONTENT_TYPE:
        this.#contentType = value;
        if (value !== '') this.rawHeaders.push('content-type', value);
        return;
      case Kind.HEADER_CONTENT_TYPE:
        this.#headerContentType = value;
        return;
      case Kind.AUTHORIZATION:
        this.#authorization = value;
        // Rewrite rules that pass it on set it to nothing when there is none.
        if (value !== '') this.rawHeaders.push('authorization', value);
        return;
      case Kind.REDIRECTED_AUTHORIZATION:
        this.#redirectedAuthorization = value;
    }
  }

  #takeContentLength(value: string): void {
    // Caddy up to 2.6 says -1 of a chunked body, as Go does of a length that is not known.
    if (value === '' || value === '-1' || value === this.#contentLength) return;
    if (this.#contentLength !== '') refuse(`CONTENT_LENGTH is ${this.#contentLength} and ${value}`);
    this.#contentLength = value;
    this.rawHeaders.push('content-length', value);
  }

  /** Headers that stand in for others, once it is known that the others did not come. */
  #addLateHeaders(): void {
    if (this.#contentType === '' && this.#headerContentType !== '') {
      this.rawHeaders.push('content-type', this.#headerContentType);
    }
    if (this.#authorization === '' && this.#redirectedAuthorization !== '') {
      this.rawHeaders.push('authorization', this.#redirectedAuthorization);
    }
  }
}

function parseContentLength(value: string): number {
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
