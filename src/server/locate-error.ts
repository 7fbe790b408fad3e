import { FcgiError, ProtocolError } from '../errors.ts';
import { recordTypeName } from '../protocol/index.ts';

/** Where an error came up. */
export interface Place {
  readonly peer: string;
  /** 0 for management records; undefined if no record has been read. */
  readonly requestId?: number;
  readonly type?: number;
}

/**
 * The same error, which names its place: `192.0.2.1:4711, request 1, FCGI_PARAMS: …`. What the error itself
 * knows of its place counts for more.
 */
export function locateError<Located extends FcgiError>(error: Located, place: Place): Located {
  const { code, cause, message, limit, requestId, type } = error;
  const known = withoutUndefined({ requestId, type });
  const details = { ...place, ...known, ...withoutUndefined({ cause, limit }) };
  const text = `${describe(details, code)}: ${message}`;
  const located =
    error instanceof ProtocolError
      ? new ProtocolError(error.code, text, details)
      : new FcgiError(code, text, details);
  return located as Located;
}

/** The error of a socket, in the manner of Node's own: `read ECONNRESET 192.0.2.1:4711`. */
export function locateSocketError(error: Error, peer: string): Error {
  const message = `${error.message} ${peer}`;
  const { stack } = error;
  if (stack !== undefined) error.stack = stack.replace(error.message, message);
  return Object.assign(error, { message, peer });
}

function describe({ peer, requestId, type }: Place, code: string): string {
  // What stands behind a wrong version is no id and no type.
  if (code === 'ERR_FCGI_VERSION') return peer;
  const request = requestId ? [`request ${requestId}`] : [];
  const record = type === undefined ? [] : [recordTypeName(type)];
  return [peer, ...request, ...record].join(', ');
}

function withoutUndefined<Fields extends object>(fields: Fields): Partial<Fields> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<Fields>;
}
