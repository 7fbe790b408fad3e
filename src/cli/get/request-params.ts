import { type RequestVariables, requestVariables } from '../../cgi/request-variables.ts';
import { UsageError } from '../failure.ts';
import { asBytes, requestHeaders } from './request-headers.ts';
import { requestTarget } from './request-target.ts';
import { scriptVariables } from './script-variables.ts';

/** What a request is made of. */
export interface RequestParts {
  /** A path, or a URL. */
  readonly path: string;
  /** @default GET, or POST with a body */
  readonly method: string | undefined;
  /** Lines `Name: value`. */
  readonly headers: readonly string[];
  /** `NAME=value`, added to the variables or put in their place; `NAME` alone takes one away. */
  readonly params: readonly string[];
  /** The folder whose file the path names, for php-fpm. */
  readonly root: string | undefined;
  /** Bytes of the body; undefined without one. */
  readonly length: number | undefined;
}

const FORM = 'application/x-www-form-urlencoded';

/**
 * The meta-variables that a web server would send for a request.
 *
 * @throws {UsageError} if a part is malformed
 */
export function requestParams(parts: RequestParts): RequestVariables {
  const variables = requestVariables(httpRequest(parts));
  if (parts.length !== undefined) variables.CONTENT_LENGTH = String(parts.length);
  if (parts.root !== undefined) Object.assign(variables, scriptVariables(parts.root, variables));
  for (const line of parts.params) setParam(variables, line);
  return variables;
}

/** The request as a web server on this machine would have got it. */
function httpRequest({ path, method, headers: lines, length }: RequestParts) {
  const { url, host, https } = requestTarget(path);
  const hasBody = length !== undefined;
  const headers = requestHeaders(lines, {
    host,
    'user-agent': 'fcgi',
    accept: '*/*',
    ...(hasBody && { 'content-type': FORM }),
  });
  const socket = {
    remoteAddress: '127.0.0.1',
    remotePort: 0,
    localAddress: '127.0.0.1',
    localPort: Number(/:(\d+)$/.exec(host)?.[1] ?? (https ? 443 : 80)),
    encrypted: https,
  };
  return { method: method ?? (hasBody ? 'POST' : 'GET'), url, httpVersion: '1.1', headers, socket };
}

function setParam(variables: RequestVariables, line: string): void {
  const match = /^([^=]+)(?:=(.*))?$/s.exec(line);
  if (!match) throw new UsageError(`-p '${line}' is no variable, as 'HTTPS=on'`);
  const [, name = '', value] = match;
  variables[asBytes(name)] = value === undefined ? undefined : asBytes(value);
}
