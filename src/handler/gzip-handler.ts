import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { acceptsGzip } from './accept-encoding.ts';
import { gzipInto } from './gzip-into.ts';
import { Handler } from './handler.ts';
import { statusAllowsBody } from './response-head.ts';

/**
 * A {@link Handler} whose responses are compressed with gzip where the client accepts it and it is of use.
 * A response that comes bit by bit is compressed bit by bit: nothing waits for more.
 */
export abstract class GzipHandler extends Handler {
  /**
   * How hard to compress: 1 is fastest, 9 smallest, 0 leaves responses as they are.
   * @default 6
   */
  static level: number = 6;

  /**
   * Bytes below which a body whose length is known is not worth compressing.
   * @default 1024
   */
  static threshold: number = 1024;

  /** Whether a Content-Type, in lower case and without parameters, is one that gets smaller. */
  static compressible(type: string): boolean {
    return COMPRESSIBLE.test(type);
  }

  protected override openBody(length?: number): Writable {
    const { res } = this;
    const body = super.openBody(length);
    if (!this.#isWorthwhile(length)) return body;
    addVary(res);
    if (!acceptsGzip(header(this.req.headers['accept-encoding']))) return body;
    describeEncoding(res);
    if (res.req.method === 'HEAD') return body;
    // What is in the compressor has left the handler: it can no longer be taken back for another response.
    res.writeHead(res.statusCode);
    return gzipInto(body, (this.constructor as typeof GzipHandler).level);
  }

  #isWorthwhile(length?: number): boolean {
    const { res } = this;
    const Class = this.constructor as typeof GzipHandler;
    if (Class.level === 0 || !statusAllowsBody(res.statusCode) || res.statusCode === 206)
      return false;
    if (res.hasHeader('content-encoding') || forbidsTransformation(res)) return false;
    const known = Number(res.getHeader('content-length') ?? length ?? Number.POSITIVE_INFINITY);
    if (known < Class.threshold) return false;
    const [type = ''] = header(res.getHeader('content-type')).split(';');
    return Class.compressible(type.trim().toLowerCase());
  }
}

const COMPRESSIBLE =
  /^text\/|[/+](?:json|xml|yaml)$|^application\/(?:x-)?(?:ndjson|javascript|ecmascript|wasm|rtf|tar)$|^font\/(?:ttf|otf|sfnt)$|^image\/(?:bmp|x-icon|vnd\.microsoft\.icon)$/;

/** RFC 9110 §7.7. */
function forbidsTransformation(res: ServerResponse): boolean {
  return /\bno-transform\b/i.test(header(res.getHeader('cache-control')));
}

/** Caches must not give a compressed body to who cannot read it (RFC 9110 §12.5.5). */
function addVary(res: ServerResponse): void {
  const vary = header(res.getHeader('vary'));
  const names = vary.split(',').map((name) => name.trim().toLowerCase());
  if (names.includes('*') || names.includes('accept-encoding')) return;
  res.setHeader('Vary', vary === '' ? 'Accept-Encoding' : `${vary}, Accept-Encoding`);
}

/** Two encodings of a body are not the same byte for byte, as a strong ETag says (RFC 9110 §8.8.1). */
function describeEncoding(res: ServerResponse): void {
  res.setHeader('Content-Encoding', 'gzip');
  res.removeHeader('Content-Length');
  const etag = header(res.getHeader('etag'));
  if (etag.startsWith('"')) res.setHeader('ETag', `W/${etag}`);
}

function header(value: string | number | readonly string[] | undefined): string {
  return value === undefined ? '' : String(value);
}
