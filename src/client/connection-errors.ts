import { FcgiError, ProtocolError } from '../errors.ts';
import { recordTypeName } from '../protocol/index.ts';

/** @param reason why, if there is no error that tells it */
export function connectError(
  name: string,
  cause: NodeJS.ErrnoException | undefined,
  reason = 'closed',
) {
  // The error of several addresses tried in vain has a code, but no message.
  const why = cause?.message || cause?.code || reason;
  return new FcgiError('ERR_FCGI_CONNECT', `Cannot connect to ${name}: ${why}`, { cause });
}

export function connectTimeoutError(name: string, limit: number) {
  const message = `Cannot connect to ${name}: no answer within ${limit} ms`;
  return new FcgiError('ERR_FCGI_CONNECT', message, { limit });
}

export function closedError(name: string, cause: Error | undefined) {
  const message = `${name} closed the connection before it ended the request`;
  return new FcgiError('ERR_FCGI_CONNECTION_CLOSED', message, { cause });
}

export function silenceError(name: string, limit: number) {
  const message = `${name} was silent for ${limit} ms`;
  return new FcgiError('ERR_FCGI_RESPONSE_TIMEOUT', message, { limit });
}

export function unexpectedRecordError(name: string, type: number, requestId: number) {
  const message = `${name} sent ${recordTypeName(type)} for the request id ${requestId}`;
  return new ProtocolError('ERR_FCGI_UNEXPECTED_RECORD', message, { type, requestId });
}

/** What is wrong with the bytes of a response was found where nobody knows whence they came. */
export function withName(error: unknown, name: string): Error {
  if (!(error instanceof FcgiError)) return error as Error;
  const { message, code, ...details } = error;
  const named = `${name}: ${otherProtocol(error) ?? message}`;
  if (!(error instanceof ProtocolError))
    return new FcgiError(code, named, { ...details, cause: error });
  return new ProtocolError(error.code, named, { ...details, cause: error });
}

/** The type and the request id that the first bytes of an HTTP response, `HTTP`, would be. */
const TYPE_OF_HTTP = 0x54;
const ID_OF_HTTP = 0x5450;

function otherProtocol({ code, type, requestId }: FcgiError): string | undefined {
  const isHttp = type === TYPE_OF_HTTP && requestId === ID_OF_HTTP;
  return code === 'ERR_FCGI_VERSION' && isHttp ? 'It speaks HTTP, not FastCGI' : undefined;
}
