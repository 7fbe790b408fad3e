import { open } from 'node:fs/promises';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { byteRange } from './byte-range.ts';
import { checkConditions, isSameAs, type Validators, validatorsOf } from './conditions.ts';
import { contentType } from './content-type.ts';
import type { Found } from './document-root.ts';
import { sendStatus } from './send-status.ts';

/** Sends a file: GET and HEAD, with validators, preconditions and a single range (RFC 9110 §13, §14). */
export async function sendFile(
  method: string,
  headers: IncomingHttpHeaders,
  res: ServerResponse,
  file: Found,
): Promise<void> {
  if (method !== 'GET' && method !== 'HEAD') {
    res.setHeader('Allow', 'GET, HEAD');
    sendStatus(res, 405);
    return;
  }
  // What is opened is what is described: the file may be replaced at any time.
  const handle = await open(file.realPath);
  try {
    const stats = await handle.stat();
    const part = describe(headers, res, file.realPath, stats);
    if (!part || method === 'HEAD') res.end();
    else await pipeline(handle.createReadStream({ ...part, autoClose: false }), res);
  } finally {
    await handle.close();
  }
}

/** Writes the head. Returns what of the file is to follow; undefined for nothing. */
function describe(
  headers: IncomingHttpHeaders,
  res: ServerResponse,
  name: string,
  stats: { mtimeMs: number; size: number },
): { start: number; end: number } | undefined {
  const validators = validatorsOf(stats);
  setValidators(res, validators);
  const status = checkConditions(headers, validators);
  if (status !== 200) {
    res.statusCode = status;
    return undefined;
  }
  const asked = isSameAs(headers['if-range'] as string | undefined, validators)
    ? headers.range
    : undefined;
  const range = byteRange(asked, stats.size);
  if (range === 'unsatisfiable') {
    res.statusCode = 416;
    res.setHeader('Content-Range', `bytes */${stats.size}`);
    return undefined;
  }
  const part = range ?? { start: 0, end: stats.size - 1 };
  res.statusCode = range ? 206 : 200;
  if (range) res.setHeader('Content-Range', `bytes ${range.start}-${range.end}/${stats.size}`);
  res.setHeader('Content-Type', contentType(name));
  res.setHeader('Content-Length', part.end - part.start + 1);
  return stats.size === 0 ? undefined : part;
}

function setValidators(res: ServerResponse, { etag, lastModified }: Validators): void {
  res.setHeader('Accept-Ranges', 'bytes');
  res.setHeader('ETag', etag);
  res.setHeader('Last-Modified', lastModified.toUTCString());
}
