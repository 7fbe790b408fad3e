/** Codes of errors in the record stream. Each ends the connection that it came on. */
export type ProtocolErrorCode =
  | 'ERR_FCGI_VERSION'
  | 'ERR_FCGI_RECORD_LENGTH'
  | 'ERR_FCGI_NAME_VALUE_PAIR'
  | 'ERR_FCGI_REQUEST_ID_IN_USE'
  | 'ERR_FCGI_UNEXPECTED_RECORD'
  | 'ERR_FCGI_TRUNCATED';

/** Every code an {@link FcgiError} can have; docs/errors.md says what each one ends. */
export type FcgiErrorCode =
  | ProtocolErrorCode
  | 'ERR_FCGI_PARAMS_SIZE'
  | 'ERR_FCGI_PARAMS_COUNT'
  | 'ERR_FCGI_HEADERS_COUNT'
  | 'ERR_FCGI_BUFFERED_INPUT'
  | 'ERR_FCGI_PARAMS_TIMEOUT'
  | 'ERR_FCGI_REQUEST_TIMEOUT'
  | 'ERR_FCGI_BODY_LENGTH'
  | 'ERR_FCGI_BODY_SPOOL'
  | 'ERR_FCGI_META_VARIABLE'
  | 'ERR_FCGI_HEADER_COLLISION'
  | 'ERR_FCGI_NOT_A_SOCKET'
  | 'ERR_FCGI_NO_LISTEN_SOCKET'
  | 'ERR_FCGI_CONNECT'
  | 'ERR_FCGI_CONNECTION_CLOSED'
  | 'ERR_FCGI_RESPONSE_HEAD'
  | 'ERR_FCGI_RESPONSE_TIMEOUT'
  | 'ERR_FCGI_REQUEST_REFUSED'
  | 'ERR_FCGI_CLIENT_CLOSED'
  | 'ERR_FCGI_BODY_SIZE'
  | 'ERR_FCGI_BODY_CONSUMED'
  | 'ERR_FCGI_LOCAL_REDIRECTS';

/** Data that an error carries beside its message. */
export interface FcgiErrorDetails {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** The id of the request that the error belongs to. */
  readonly requestId?: number;
  /** The type of the record that caused the error. */
  readonly type?: number;
  /** The other end of the connection: `192.0.2.1:4711`, or `unix:/run/app.sock`. */
  readonly peer?: string;
  /** The limit that was passed: bytes, milliseconds or a count, as the code's page says. */
  readonly limit?: number;
}

/** An error of this library, told apart by its `code`. */
export class FcgiError extends Error {
  override readonly name: string = 'FcgiError';
  readonly code: FcgiErrorCode;
  readonly requestId?: number;
  readonly type?: number;
  readonly peer?: string;
  readonly limit?: number;

  constructor(code: FcgiErrorCode, message: string, details: FcgiErrorDetails = {}) {
    const { cause, ...data } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    Object.assign(this, data);
  }
}

/** A record stream that breaks the specification; its connection cannot go on. */
export class ProtocolError extends FcgiError {
  override readonly name = 'ProtocolError';
  declare readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string, details?: FcgiErrorDetails) {
    super(code, message, details);
  }
}
