import { Socket } from 'node:net';
import { nodeSymbol } from '../http/node-symbols.ts';

/** As large as what Node reads at a time. */
const buffer = Buffer.allocUnsafeSlow(64 * 1024);

/** Fields of a socket that reads into a given buffer, as the option `onread` of `net.connect()` makes one. */
const sample = new Socket();
const kBuffer = nodeSymbol(sample, 'kBuffer');
const kBufferCb = nodeSymbol(sample, 'kBufferCb');

/** Who gets what a socket reads. */
const kTake = Symbol('kTake');

type Take<Reading extends Socket> = (this: Reading, chunk: Buffer, length: number) => void;

interface ReadingSocket {
  [field: symbol]: unknown;
  [kTake]?: Take<Socket>;
  readonly _handle?: { useUserBuffer?(buffer: Buffer): void } | null;
}

/**
 * Has everything that comes on a connection read into one buffer, which all connections share.
 *
 * Node allocates 64 KiB for each read; for a small request that and the garbage take a fifth of its time. Its
 * HTTP server reads like this, but of `net` only clients can. Where the fields are not there Node's way is taken.
 *
 * @param take gets what came, with the socket as `this`: the first `length` bytes of `chunk`; they are there until
 *   it returns
 */
export function readIntoSharedBuffer<Reading extends Socket>(
  socket: Reading,
  take: Take<Reading>,
): void {
  const reading = socket as unknown as ReadingSocket;
  const handle = reading._handle;
  if (!kBuffer || !kBufferCb || !handle?.useUserBuffer) {
    socket.on('data', (chunk: Buffer) => take.call(socket, chunk, chunk.length));
    return;
  }
  reading[kTake] = take as Take<Socket>;
  reading[kBuffer] = buffer;
  reading[kBufferCb] = passOn;
  handle.useUserBuffer(buffer);
  socket.resume();
}

/** A closure for each socket made the socket outlive collections of the young generation (Node 20 and 22). */
function passOn(this: Socket & { [kTake]: Take<Socket> }, length: number): void {
  this[kTake](buffer, length);
}
