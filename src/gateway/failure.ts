import type { ServerResponse } from 'node:http';
import { RequestRefusedError } from '../client/index.ts';
import { FcgiError, type FcgiErrorCode } from '../errors.ts';
import { ProtocolStatus } from '../protocol/index.ts';
import { sendStatus } from './send-status.ts';

/** An error as `'gatewayError'` and `next()` get it. */
export type Failure = Error & { code?: string };

/** Statuses of errors that are not the application's: for those 502 stands. */
const statuses: { readonly [Code in FcgiErrorCode]?: number } = {
  ERR_FCGI_BODY_CONSUMED: 500,
  ERR_FCGI_BODY_SIZE: 413,
  ERR_FCGI_BODY_SPOOL: 503,
  ERR_FCGI_RESPONSE_TIMEOUT: 504,
};

/**
 * What a request that failed is answered with: 413 for a body that is too long, 503 if the application is
 * overloaded, 504 if it was silent for too long, 502 for what else is wrong with it, 500 for the rest.
 */
export function failureStatus(error: unknown): number {
  if (!(error instanceof FcgiError)) return 500;
  if (error.code === 'ERR_FCGI_CONNECT') return connectStatus(error);
  const overloaded =
    error instanceof RequestRefusedError && error.protocolStatus === ProtocolStatus.OVERLOADED;
  return overloaded ? 503 : (statuses[error.code] ?? 502);
}

/** A Unix socket whose queue is full is one of an application that has no process to spare. */
function connectStatus({ cause, limit }: FcgiError): number {
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  if (code === 'EAGAIN') return 503;
  return limit !== undefined || code === 'ETIMEDOUT' ? 504 : 502;
}

/** Answers a request that failed. Other errors may tell of the gateway's inside what a client should not know. */
export function sendFailure(res: ServerResponse, error: unknown): void {
  const reason = error instanceof FcgiError ? `${error.code}: ${error.message}` : '';
  sendStatus(res, failureStatus(error), reason);
}

/** What was thrown, as an error. */
export function toError(thrown: unknown): Failure {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}
