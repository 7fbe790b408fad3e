import { pipeline, Transform, type Writable } from 'node:stream';
import { constants, createGzip, type Gzip } from 'node:zlib';

/**
 * Compresses what is written into a stream. What was written within one turn of the event loop is passed
 * on at its end: the reader of a response that is long in coming sees what there is.
 *
 * @param level 1 to 9
 */
export function gzipInto(body: Writable, level: number): Writable {
  const gzip = createGzip({ level });
  let scheduled = false;
  const flush = () => {
    scheduled = false;
    flushNow(gzip);
  };
  const entry = new Transform({
    transform: (chunk, _encoding, callback) => {
      if (!scheduled) setImmediate(flush);
      scheduled = true;
      callback(null, chunk);
    },
  });
  // A client that goes away closes the body, and with it all three; the writer sees that.
  pipeline(entry, gzip, body, () => {});
  return entry;
}

function flushNow(gzip: Gzip): void {
  if (!gzip.writableEnded && !gzip.destroyed) gzip.flush(constants.Z_SYNC_FLUSH);
}
