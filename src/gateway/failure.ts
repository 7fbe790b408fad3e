import { type ServerResponse, STATUS_CODES } from 'node:http';
import { RequestRefusedError } from '../client/index.ts';
import { FcgiError } from '../errors.ts';
import { ProtocolStatus } from '../protocol/index.ts';

/**
 * Answers a request that the application did not: 502, 503 if it is overloaded, 504 if it was silent
 * for too long, 500 for what is no fault of it.
 */
export function sendFailure(res: ServerResponse, error: unknown): void {
  const status = failureStatus(error);
  const body = `${status} ${STATUS_CODES[status]}\n${describe(error)}`;
  res.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  });
  res.end(body);
}

function failureStatus(error: unknown): number {
  if (!(error instanceof FcgiError)) return 500;
  if (error.code === 'ERR_FCGI_RESPONSE_TIMEOUT') return 504;
  const overloaded =
    error instanceof RequestRefusedError && error.protocolStatus === ProtocolStatus.OVERLOADED;
  return overloaded ? 503 : 502;
}

/** Other errors may tell of the gateway's inside what a client should not know. */
function describe(error: unknown): string {
  return error instanceof FcgiError ? `${error.code}: ${error.message}\n` : '';
}
