import type { Writable } from 'node:stream';
import type { WriteCallback } from '../http/exchange.ts';

/** Where a CGI response goes. */
export interface PlainCgiOutput {
  readonly writableLength: number;
  write(chunk: string | Uint8Array, encoding?: BufferEncoding, callback?: WriteCallback): boolean;
  on(event: 'drain' | 'error', listener: () => void): unknown;
}

/**
 * Keeps standard output for the response alone.
 *
 * Applications and their loggers print to standard output, which a CGI program sends to the client. What
 * they write from here on goes to standard error: the web server's error log.
 */
export function claimOutput(stdout: Writable, stderr: Writable): PlainCgiOutput {
  const write = stdout.write as PlainCgiOutput['write'];
  stdout.write = stderr.write.bind(stderr);
  return {
    get writableLength() {
      return stdout.writableLength;
    },
    write: (...args) => write.apply(stdout, args),
    on: (event, listener) => stdout.on(event, listener),
  };
}
