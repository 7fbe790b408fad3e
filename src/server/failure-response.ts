import { STATUS_CODES } from 'node:http';
import type { FcgiErrorCode } from '../errors.ts';

/** Statuses of what is not simply a bad request. */
const statuses: Partial<Record<FcgiErrorCode, number>> = {
  ERR_FCGI_PARAMS_SIZE: 431,
  ERR_FCGI_PARAMS_COUNT: 431,
  ERR_FCGI_HEADERS_COUNT: 431,
  ERR_FCGI_BUFFERED_INPUT: 503,
  ERR_FCGI_PARAMS_TIMEOUT: 408,
  ERR_FCGI_REQUEST_TIMEOUT: 408,
  ERR_FCGI_BODY_SPOOL: 503,
};

/** The response to a request that failed before the application answered: head and body. */
export function failureResponse(code: FcgiErrorCode): string {
  const status = statuses[code] ?? 400;
  const reason = STATUS_CODES[status] as string;
  const body = `${reason}\n`;
  return `Status: ${status} ${reason}\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}
