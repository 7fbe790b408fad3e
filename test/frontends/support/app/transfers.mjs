import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { note, onCommand } from './control.mjs';
import { query } from './query.mjs';

const PIECE = 64 * 1024;

/** Sends `bytes` bytes as fast as the client takes them, and notes what it sent. */
export function download(req, res) {
  const { id, bytes, framing, buffering } = query(req);
  const total = Number(bytes);
  const hash = createHash('sha256');
  const block = randomBytes(PIECE);
  let written = 0;
  let stalls = 0;
  let mostQueued = 0;

  res.setHeader('Content-Type', 'application/octet-stream');
  if (framing === 'length') res.setHeader('Content-Length', total);
  if (buffering === 'no') res.setHeader('X-Accel-Buffering', 'no');
  onCommand('written', id, () => note('written', id, written));

  const writeMore = () => {
    while (written < total) {
      // Each piece differs, so that one too many, too few or out of place changes the checksum.
      const piece = Buffer.from(block.subarray(0, Math.min(PIECE, total - written)));
      piece.write(`${written} `, 'latin1');
      hash.update(piece);
      written += piece.length;
      const more = res.write(piece);
      mostQueued = Math.max(mostQueued, res.writableLength);
      if (!more) {
        stalls++;
        return;
      }
    }
    res.end();
    note('sent', id, { bytes: written, sha256: hash.digest('hex'), stalls, mostQueued });
  };
  res.on('drain', writeMore);
  writeMore();
}

/** Takes a body and answers with its checksum. */
export async function upload(req, res) {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of req) {
    hash.update(piece);
    bytes += piece.length;
  }
  sendJson(res, { bytes, sha256: hash.digest('hex'), headers: req.headers });
}

/** Notes each piece of the body when it comes. */
export function pieces(req, res) {
  const { id } = query(req);
  let text = '';
  note('arrived', id);
  req.setEncoding('latin1');
  req.on('data', (piece) => {
    text += piece;
    note('body', id, text);
  });
  req.on('end', () => sendJson(res, { text, headers: req.headers }));
}

/** Takes as much of the body as it is told to, when it is told to. */
export function sips(req, res) {
  const { id } = query(req);
  const body = req[Symbol.asyncIterator]();
  const hash = createHash('sha256');
  let bytes = 0;
  note('arrived', id);
  onCommand('sip', id, async (size) => {
    const goal = bytes + size;
    let ended = false;
    while (bytes < goal) {
      const { value, done } = await body.next();
      ended = done === true;
      if (ended) break;
      hash.update(value);
      bytes += value.length;
    }
    note('sipped', id, { bytes, ended });
    if (ended) sendJson(res, { bytes, sha256: hash.digest('hex') });
  });
}

/** Refuses a body once it has read `after` bytes of it. */
export async function refuse(req, res) {
  const { after = 0 } = query(req);
  for (let bytes = 0; bytes < after; ) {
    const piece = req.read();
    if (piece) bytes += piece.length;
    else await once(req, 'readable');
  }
  res.writeHead(413, { 'Content-Type': 'text/plain' });
  res.end('That is more than fits in here.');
}

function sendJson(res, value) {
  res.setHeader('Content-Type', 'application/json');
  res.end(JSON.stringify(value));
}
