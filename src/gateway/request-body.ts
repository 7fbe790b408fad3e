import type { IncomingMessage } from 'node:http';
import { Readable, Transform, type TransformCallback } from 'node:stream';
import { FcgiError } from '../errors.ts';
import { BodySpool } from '../server/body-spool.ts';

/** How request bodies are passed on. */
export interface RequestBodyOptions {
  /** Bytes that the body of a request may have; more are answered 413. @default Infinity */
  readonly maxBodySize?: number | undefined;
  /**
   * Whether a body of unknown length (chunked) is received as a whole before the application hears of it,
   * so that it gets a CONTENT_LENGTH: PHP reads no body without one. It lies in memory up to 256 KiB, then
   * in the temporary folder. Bodies with a Content-Length are never held up.
   * @default true with a `root` whose `scripts` are run, else false
   */
  readonly bufferRequests?: boolean | undefined;
}

/** A body on its way to the application. */
export interface OutgoingBody {
  readonly stream: Readable;
  /** CONTENT_LENGTH, where the headers do not tell it. */
  readonly length?: string;
}

/**
 * The body of a request; undefined if it has none (RFC 9112 §6).
 *
 * @throws {FcgiError} `ERR_FCGI_BODY_SIZE`, which the stream may fail with too; `ERR_FCGI_BODY_CONSUMED` if
 *   somebody has read it
 */
export async function outgoingBody(
  req: IncomingMessage,
  { maxBodySize = Number.POSITIVE_INFINITY, bufferRequests = false }: RequestBodyOptions,
): Promise<OutgoingBody | undefined> {
  const unknown = req.headers['transfer-encoding'] !== undefined;
  const length = Number(req.headers['content-length'] ?? 0);
  if (!unknown && !(length > 0)) return undefined;
  if (req.readableDidRead) throw consumed();
  if (!unknown) {
    if (length > maxBodySize) throw tooLong(maxBodySize);
    return { stream: req };
  }
  const stream = maxBodySize === Number.POSITIVE_INFINITY ? req : limited(req, maxBodySize);
  return bufferRequests ? receive(stream) : { stream };
}

function limited(req: IncomingMessage, limit: number): Readable {
  const stream = new LimitedBody(limit);
  // It may fail when the application has answered and nobody reads it any more.
  stream.on('error', () => {});
  req.once('error', (error) => stream.destroy(error));
  return req.pipe(stream);
}

class LimitedBody extends Transform {
  readonly #limit: number;
  #length = 0;

  constructor(limit: number) {
    super();
    this.#limit = limit;
  }

  override _transform(chunk: Buffer, _encoding: string, callback: TransformCallback): void {
    this.#length += chunk.length;
    if (this.#length > this.#limit) callback(tooLong(this.#limit));
    else callback(null, chunk);
  }
}

async function receive(body: Readable): Promise<OutgoingBody> {
  const spool = new BodySpool();
  try {
    for await (const chunk of body) keep(spool, chunk);
  } catch (error) {
    spool.close();
    throw error;
  }
  const length = String(spool.length);
  const stream = new Readable({
    read() {
      this.push(spool.shift() ?? null);
    },
    destroy(error, callback) {
      spool.close();
      callback(error);
    },
  });
  return { stream, length };
}

function keep(spool: BodySpool, chunk: Buffer): void {
  try {
    spool.push(chunk);
  } catch (cause) {
    const message = `The request body could not be stored: ${(cause as Error).message}`;
    throw new FcgiError('ERR_FCGI_BODY_SPOOL', message, { cause });
  }
}

function tooLong(limit: number): FcgiError {
  const message = `The request body has more than ${limit} bytes`;
  return new FcgiError('ERR_FCGI_BODY_SIZE', message, { limit });
}

function consumed(): FcgiError {
  const message = 'The request body was read before: a body parser must come after the proxy';
  return new FcgiError('ERR_FCGI_BODY_CONSUMED', message);
}
