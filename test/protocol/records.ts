import { RecordReader } from '../../src/protocol/index.ts';
import type { WireRecord } from '../support/wire.ts';

const STREAMS = new Set([4, 5, 6, 7, 8]);

/** What the reader tells of these chunks, piece by piece. */
export function readPieces(...chunks: Uint8Array[]): WireRecord[] {
  const pieces: WireRecord[] = [];
  const reader = new RecordReader((type, requestId, content) => {
    pieces.push({ type, requestId, content: Buffer.from(content) });
  });
  for (const chunk of chunks) reader.push(Buffer.from(chunk));
  reader.end();
  return pieces;
}

/**
 * Joins neighbouring pieces of one stream: how a stream is cut into records, and those into chunks, has
 * no meaning (FastCGI §3.3). An empty piece ends its stream and stays for itself.
 */
export function joinPieces(pieces: readonly WireRecord[]): WireRecord[] {
  const joined: WireRecord[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    const joins =
      last?.type === piece.type &&
      last.requestId === piece.requestId &&
      STREAMS.has(piece.type) &&
      last.content.length > 0 &&
      piece.content.length > 0;
    if (joins) joined.pop();
    joined.push(
      joins ? { ...piece, content: Buffer.concat([last.content, piece.content]) } : piece,
    );
  }
  return joined;
}

/** Cuts bytes at these places, whatever their order. */
export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...places.map((place) => place % (bytes.length + 1)), bytes.length];
  sorted.sort((a, b) => a - b);
  return sorted.map((end, i) => bytes.subarray(i === 0 ? 0 : sorted[i - 1], end));
}
