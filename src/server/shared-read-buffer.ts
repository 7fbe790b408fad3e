import { Socket } from 'node:net';

/** As large as what Node reads at a time. */
const buffer = Buffer.allocUnsafeSlow(64 * 1024);

/** Fields of a socket that reads into a given buffer, as the option `onread` of `net.connect()` makes one. */
const symbols = Object.getOwnPropertySymbols(new Socket());
const kBuffer = symbols.find(({ description }) => description === 'kBuffer');
const kBufferCb = symbols.find(({ description }) => description === 'kBufferCb');

interface ReadingSocket {
  [field: symbol]: unknown;
  readonly _handle?: { useUserBuffer?(buffer: Buffer): void } | null;
}

/**
 * Has everything that comes on a connection read into one buffer, which all connections share.
 *
 * Node allocates 64 KiB for each read; for a small request that and the garbage take a fifth of its time. Its
 * HTTP server reads like this, but of `net` only clients can. Where the fields are not there Node's way is taken.
 *
 * @param take gets what came: the first `length` bytes of `chunk`; they are there until it returns
 */
export function readIntoSharedBuffer(
  socket: Socket,
  take: (chunk: Buffer, length: number) => void,
): void {
  const reading = socket as unknown as ReadingSocket;
  const handle = reading._handle;
  if (!kBuffer || !kBufferCb || !handle?.useUserBuffer) {
    socket.on('data', (chunk: Buffer) => take(chunk, chunk.length));
    return;
  }
  reading[kBuffer] = buffer;
  reading[kBufferCb] = (length: number) => take(buffer, length);
  handle.useUserBuffer(buffer);
  socket.resume();
}
