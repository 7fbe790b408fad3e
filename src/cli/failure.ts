import { inspect, types } from 'node:util';
import { FcgiError, ProtocolError } from '../errors.ts';
import { ExitCode } from './exit-code.ts';

/** What ends a command, said in one line. */
export class Failure extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}

/** A command line that is wrong. */
export class UsageError extends Failure {
  constructor(message: string) {
    super(ExitCode.USAGE, message);
  }
}

const exitCodes: { readonly [code: string]: ExitCode } = {
  ERR_FCGI_CONNECT: ExitCode.CONNECT,
  ERR_FCGI_CONNECTION_CLOSED: ExitCode.EMPTY_REPLY,
  ERR_FCGI_RESPONSE_HEAD: ExitCode.WEIRD_REPLY,
  ERR_FCGI_BODY_LENGTH: ExitCode.PARTIAL,
  ERR_FCGI_RESPONSE_TIMEOUT: ExitCode.TIMEOUT,
};

/** The exit code of an error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof Failure) return error.exitCode;
  if (error instanceof ProtocolError) return ExitCode.WEIRD_REPLY;
  if (!(error instanceof FcgiError)) return isArgument(error) ? ExitCode.USAGE : ExitCode.FAILURE;
  const tooSlow = error.code === 'ERR_FCGI_CONNECT' && error.limit !== undefined;
  return tooSlow ? ExitCode.TIMEOUT : (exitCodes[error.code] ?? ExitCode.FAILURE);
}

/** The layers below check the options that are passed on to them. */
function isArgument(error: unknown): boolean {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return code === 'ERR_INVALID_ARG_VALUE' || code === 'ERR_OUT_OF_RANGE';
}

/** An error in one line, without what could steer a terminal. */
export function messageOf(error: unknown): string {
  // Of whatever realm: an application may run scripts in contexts of their own.
  const message = types.isNativeError(error) ? error.message || error.name : inspect(error);
  return escapeControls(message.replace(/\s*\n\s*/g, ' ').trim());
}

/** Text of a peer, in which control characters other than the tab are written as escapes. */
export function escapeControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\0-\x08\x0a-\x1f\x7f-\x9f]/g, (char) => {
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
