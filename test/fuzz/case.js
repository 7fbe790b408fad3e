import { validExchange } from './exchange.js';
import { damage } from './mutate.js';
import { Random } from './random.js';
import { encode } from './wire.js';

/** How a web server may leave. */
const endings = ['end', 'end', 'destroy', 'silence'];

/** The server whose time limits end a connection of whoever says nothing more. */
const IMPATIENT = 1;

/**
 * One thing to try, determined by its seed.
 *
 * @returns {{seed: number, server: number, chunks: Buffer[], ending: string, valid: object | undefined}}
 *   `valid` is the exchange if it is undamaged
 */
export function caseOf(seed, servers) {
  const random = new Random(seed);
  const exchange = validExchange(random);
  const valid = random.once(3) ? exchange : undefined;
  const bytes = valid
    ? Buffer.concat(exchange.records.map(encode))
    : damage(exchange.records, random);
  // What is valid is answered in full only where no limit is tight.
  const server = valid ? 0 : random.below(servers);
  const chunks = cutUp(bytes, random);
  const waits = server === IMPATIENT && random.once(30);
  return { seed, server, chunks, ending: waits ? 'patience' : random.pick(endings), valid };
}

function cutUp(bytes, random) {
  const chunks = [];
  const most = random.pick([1, 7, 100, 100_000, 100_000]);
  for (let at = 0; at < bytes.length; ) {
    // Byte by byte takes long: only the beginning comes so.
    const size = chunks.length < 40 ? 1 + random.below(most) : 100_000;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

/** A case as it is kept in a file: its bytes stay the same when the fuzzer changes. */
export function toFile({ seed, server, chunks, ending }, error) {
  const saved = { seed, server, ending, error: String(error?.stack ?? error) };
  return `${JSON.stringify({ ...saved, chunks: chunks.map((chunk) => chunk.toString('base64')) }, null, 2)}\n`;
}

export function fromFile(text) {
  const { chunks, ...saved } = JSON.parse(text);
  return {
    ...saved,
    chunks: chunks.map((chunk) => Buffer.from(chunk, 'base64')),
    valid: undefined,
  };
}
