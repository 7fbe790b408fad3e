import { ReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';

type SendFile = (this: FileResponse, path: unknown, ...more: unknown[]) => unknown;

/** A response of Express. */
export interface FileResponse extends ServerResponse {
  /** Express declares it read-only to applications. */
  req: IncomingMessage;
  sendFile?: SendFile;
}

/** The header that has the web server send a file. */
export interface FileHeader {
  readonly name: 'X-Accel-Redirect' | 'X-Sendfile';
  readonly value: string;
}

/** What the web server decides for a file that it sends, by its own ETag. */
const CONDITIONS = [
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
] as const;

/** What tells of the bytes that the application does not send. */
const OF_THE_BYTES = ['Content-Range', 'ETag', 'Last-Modified'] as const;

/** nginx would say it twice; Apache says it only if the application does. */
const ACCEPTS = { 'X-Accel-Redirect': ['Accept-Ranges'], 'X-Sendfile': [] } as const;

/**
 * Has the web server send the files of `res.sendFile()`, and so of `res.download()`, which calls it.
 *
 * Express does all that it does otherwise, up to the file's bytes: it checks the path, sets the headers, opens the
 * file and calls back. Only that the file then seems to be empty.
 *
 * @param headerFor the header for a file, or undefined if it is not for the web server to send
 */
export function offloadFiles(
  res: FileResponse,
  headerFor: (file: string) => FileHeader | undefined,
): void {
  const { sendFile } = res;
  if (typeof sendFile !== 'function') return;
  res.sendFile = function offloadFile(path, ...more) {
    const file = fileOf(path, more[0]);
    const header = file !== undefined && isPlain(this) ? headerFor(file) : undefined;
    if (file === undefined || header === undefined) return sendFile.call(this, path, ...more);
    this.once('pipe', (stream) => handOver(this, stream, file, header));
    const { req } = this;
    // Express takes the request from here, and keeps it for as long as it needs.
    this.req = unconditional(req);
    try {
      return sendFile.call(this, path, ...more);
    } finally {
      this.req = req;
    }
  };
}

/** The file that Express will look for; undefined where it has to complain. */
function fileOf(path: unknown, options: unknown): string | undefined {
  if (typeof path !== 'string') return undefined;
  const { root } = (options ?? {}) as { root?: unknown };
  if (root === undefined || root === null || root === '') return resolve(path);
  return typeof root === 'string' ? resolve(join(root, path)) : undefined;
}

/** Web servers send a file with status 200, and as it is. */
function isPlain(res: ServerResponse): boolean {
  return res.statusCode === 200 && !res.headersSent && !res.hasHeader('Content-Encoding');
}

/**
 * The request without what the web server decides. What `send` would decide by the application's ETag would be
 * wrong for a client that knows the web server's. HEAD is answered as GET is: only so both have the same head.
 */
function unconditional(req: IncomingMessage): IncomingMessage {
  const headers = { ...req.headers };
  for (const name of CONDITIONS) delete headers[name];
  const method = req.method === 'HEAD' ? 'GET' : req.method;
  return Object.create(req, { headers: { value: headers }, method: { value: method } });
}

function handOver(res: ServerResponse, stream: Readable, file: string, header: FileHeader): void {
  // What is piped here may be the page of an error, or a file that was found elsewhere.
  if (!(stream instanceof ReadStream) || stream.path !== file || !isPlain(res)) return;
  for (const name of [...OF_THE_BYTES, ...ACCEPTS[header.name]]) res.removeHeader(name);
  // So short a body is also left alone by middleware that compresses.
  res.setHeader('Content-Length', 0);
  res.setHeader(header.name, header.value);
  stream._read = endOfFile;
  stream.prependOnceListener('error', () => {
    res.removeHeader('Content-Length');
    res.removeHeader(header.name);
  });
}

function endOfFile(this: Readable): void {
  this.push(null);
}
