import { FcgiError } from '../errors.ts';
import { headerName } from './header-name.ts';
import { requestUrl } from './request-url.ts';
import { SharedHeaders } from './shared-headers.ts';
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
 * What they say is kept in variables of the function: to keep it in properties of an object, and the shared headers
 * with it, took 2 % more of the instructions of a small request.
 *
 * @param source has all of them, for the few requests that need more than one pass
 */
export function readRequestHead(reader: VariableReader, source: VariableSource): RequestHead {
  let method = '';
  let url = '';
  let httpVersion: RequestHead['httpVersion'] = '1.1';
  const rawHeaders: string[] = [];
  let shared: SharedHeaders | undefined;
  let isCanonical = true;
  while (reader.next()) {
    const { kind, header, canonical } = meaningOf(reader.name);
    if (!canonical) isCanonical = false;
    if (kind === Kind.OTHER) continue;
    const value = reader.value();
    if (kind === Kind.HEADER) rawHeaders.push(header, value);
    else if (kind === Kind.METHOD) method = value;
    else if (kind === Kind.URI) url = value;
    else if (kind === Kind.PROTOCOL) httpVersion = value === 'HTTP/1.0' ? '1.0' : '1.1';
    else if (value !== '') {
      shared ??= new SharedHeaders(rawHeaders);
      shared.take(kind, value);
    }
  }
  if (method === '') refuse('REQUEST_METHOD is missing');
  if (!isCanonical) refuseCollisions(source.variables);
  const contentLength = shared?.contentLength;
  if (!url.startsWith('/')) url = requestUrl(variablesByName(source.variables));
  shared?.addSubstitutes();
  return { method, url, httpVersion, rawHeaders, contentLength };
}

/** What the name says; it is noted with the name, which comes again with the next request. */
function meaningOf(name: VariableReader['name']): VariableMeaning {
  name.meaning ??= variableMeaning(name.text);
  return name.meaning as VariableMeaning;
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
