import fc from 'fast-check';
import {
  encodePairs,
  PairDecoder,
  ProtocolError,
  RecordReader,
  RecordWriter,
} from '../../src/protocol/index.ts';
import { pairs, parseRecords, record, type WireRecord } from '../support/wire.ts';
import { cut, joinPieces, readPieces } from './records.ts';

// fast-check prints the seed and the smallest counter-example of a property that fails.

const bytes = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));

const places = fc.array(fc.nat(), { maxLength: 8 });

const requestId = fc.constantFrom(0, 1, 2, 257, 65_535);

const latin1 = fc.oneof(
  fc.constantFrom('', 'A', 'B', 'AB', 'HTTP_HOST', 'HTTP_HOSU', '__proto__', 'x'.repeat(128)),
  bytes(12).map((buffer) => buffer.toString('latin1')),
);

/** A record as a peer may send it, with what it holds. */
const wireRecord = fc.oneof(
  fc.record({
    type: fc.constantFrom(0, 2, 4, 5, 6, 7, 8, 9, 10, 12, 255),
    requestId,
    content: fc.oneof(
      bytes(20),
      fc.nat(65_535).map((size) => Buffer.alloc(size, 'abc')),
    ),
  }),
  fc.record({
    type: fc.constantFrom(1, 3, 11),
    requestId,
    content: bytes(8).map((body) => Buffer.concat([body, Buffer.alloc(8)]).subarray(0, 8)),
  }),
);

/** Feeds the reader, and tells the error that it ends with. */
function outcome(chunks: readonly Buffer[]): { pieces: WireRecord[]; error: string | undefined } {
  const pieces: WireRecord[] = [];
  const reader = new RecordReader((type, id, content) => {
    pieces.push({ type, requestId: id, content: Buffer.from(content) });
  });
  try {
    for (const chunk of chunks) reader.push(chunk);
    reader.end();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { pieces: joinPieces(pieces), error: error.code };
  }
  return { pieces: joinPieces(pieces), error: undefined };
}

describe('RecordReader', () => {
  test('takes any bytes in any chunks: it tells the same of them, or throws the same ProtocolError', () => {
    fc.assert(
      fc.property(bytes(200), places, (stream, at) => {
        expect(outcome(cut(stream, at))).toEqual(outcome([stream]));
      }),
      { numRuns: 1000 },
    );
  });

  test('takes any bytes behind a good header in any chunks', () => {
    const header = fc
      .tuple(fc.nat(255), requestId, fc.nat(40), fc.nat(9))
      .map(([type, id, length, padding]) =>
        Buffer.of(1, type, id >> 8, id & 255, 0, length, padding, 0),
      );
    const stream = fc
      .array(fc.tuple(header, bytes(50)), { maxLength: 4 })
      .map((parts) => Buffer.concat(parts.flat()));
    fc.assert(
      fc.property(stream, places, (all, at) => {
        expect(outcome(cut(all, at))).toEqual(outcome([all]));
      }),
      { numRuns: 1000 },
    );
  });

  test('passes on no more bytes than came', () => {
    fc.assert(
      fc.property(bytes(300), (stream) => {
        const { pieces } = outcome([stream]);
        const size = pieces.reduce((sum, { content }) => sum + content.length, 0);
        expect(size + 8 * pieces.length).toBeLessThanOrEqual(stream.length + 8);
      }),
    );
  });

  test('reads what peers write, with any padding and in any chunks', () => {
    const sent = fc.array(fc.tuple(wireRecord, fc.nat(255)), { maxLength: 12 });
    fc.assert(
      fc.property(sent, places, (records, at) => {
        const stream = Buffer.concat(
          records.map(([{ type, requestId: id, content }, padding]) =>
            record(type, id, content, padding),
          ),
        );
        const expected = joinPieces(records.map(([sample]) => sample));
        expect(same(joinPieces(readPieces(...cut(stream, at))), expected)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

type Command =
  | {
      readonly kind: 'stream';
      readonly type: number;
      readonly id: number;
      readonly content: Buffer;
    }
  | { readonly kind: 'text'; readonly type: number; readonly id: number; readonly content: Buffer }
  | {
      readonly kind: 'record';
      readonly type: number;
      readonly id: number;
      readonly content: Buffer;
    }
  | { readonly kind: 'end'; readonly type: number; readonly id: number; readonly content: Buffer }
  | { readonly kind: 'take'; readonly type: number; readonly id: number; readonly content: Buffer };

const content = fc.oneof(
  { weight: 4, arbitrary: bytes(40) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom(1, 1000, 5000, 16_383, 16_384, 16_385, 65_535, 65_536, 140_000),
        fc.nat(255),
      )
      .map(([size, byte]) => Buffer.alloc(size, byte)),
  },
);

const command: fc.Arbitrary<Command> = fc.record({
  kind: fc.constantFrom('stream', 'stream', 'text', 'record', 'end', 'take'),
  type: fc.constantFrom(5, 6, 7),
  id: fc.constantFrom(1, 2, 258),
  content,
});

/** Does it to the writer; returns the records that must come of it, or 'take'. */
function apply(writer: RecordWriter, { kind, type, id, content: bytes }: Command): WireRecord[] {
  switch (kind) {
    case 'stream':
      expect(writer.stream(type, id, bytes)).toBe(bytes.length);
      break;
    case 'text':
      expect(writer.stream(type, id, bytes.toString('latin1'), 'latin1')).toBe(bytes.length);
      break;
    case 'record':
      writer.record(9, id, bytes.subarray(0, 65_535));
      return [{ type: 9, requestId: id, content: bytes.subarray(0, 65_535) }];
    case 'end':
      writer.endStream(type, id);
      return [{ type, requestId: id, content: Buffer.alloc(0) }];
    case 'take':
      return [];
  }
  return bytes.length > 0 ? [{ type, requestId: id, content: bytes }] : [];
}

describe('RecordWriter', () => {
  test('writers side by side write what they were told, and never over what was taken', () => {
    const steps = fc.array(fc.tuple(fc.nat(2), command), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (sequence) => {
        const writers = Array.from({ length: 3 }, () => ({
          writer: new RecordWriter(),
          expected: [] as WireRecord[],
        }));
        const taken: { buffers: Buffer[]; then: Buffer; expected: WireRecord[] }[] = [];
        const take = (index: number) => {
          const state = writers[index] as (typeof writers)[number];
          const { length } = state.writer;
          const buffers = state.writer.take();
          const then = Buffer.from(Buffer.concat(buffers));
          expect(then).toHaveLength(length);
          taken.push({ buffers, then, expected: state.expected });
          state.expected = [];
        };
        for (const [index, step] of sequence) {
          const { writer, expected } = writers[index] as (typeof writers)[number];
          if (step.kind === 'take') take(index);
          else expected.push(...apply(writer, step));
        }
        for (const index of writers.keys()) take(index);
        for (const { buffers, then, expected } of taken) {
          const now = Buffer.concat(buffers);
          expect(now.equals(then)).toBe(true);
          expect(same(joinPieces(parseRecords(now)), joinPieces(expected))).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('the reader reads what the writer wrote, for any interleaving of streams and any chunks', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), places, (sequence, at) => {
        const writer = new RecordWriter();
        const expected = sequence.flatMap((step) => apply(writer, step));
        const stream = Buffer.concat(writer.take());
        expect(same(joinPieces(readPieces(...cut(stream, at))), joinPieces(expected))).toBe(true);
      }),
      { numRuns: 400 },
    );
  });
});

/** As `toEqual`, but quick for large contents. */
function same(actual: readonly WireRecord[], expected: readonly WireRecord[]): boolean {
  return (
    actual.length === expected.length &&
    actual.every((one, i) => {
      const other = expected[i] as WireRecord;
      return (
        one.type === other.type &&
        one.requestId === other.requestId &&
        one.content.equals(other.content)
      );
    })
  );
}

describe('name-value pairs', () => {
  const block = fc.array(fc.tuple(latin1, latin1), { maxLength: 12 });

  test('round trip, each made and read by another', () => {
    fc.assert(
      fc.property(block, (entries) => {
        const encoded = encodePairs(entries.flat());
        expect(encoded.equals(pairs(entries))).toBe(true);
        expect(new PairDecoder().decode(pairs(entries))).toEqual(entries.flat());
      }),
      { numRuns: 500 },
    );
  });

  test('are the same whatever blocks came before', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 8 }), (blocks) => {
        const decoder = new PairDecoder();
        for (const entries of blocks) {
          expect(decoder.decode(pairs(entries))).toEqual(entries.flat());
        }
      }),
      { numRuns: 500 },
    );
  });

  test('any bytes are pairs or ERR_FCGI_NAME_VALUE_PAIR, after which the decoder goes on', () => {
    const decoder = new PairDecoder();
    fc.assert(
      fc.property(fc.oneof(bytes(60), bytes(6)), (any) => {
        const expected = referencePairs(any);
        if (expected) expect(decoder.decode(any)).toEqual(expected);
        else {
          expect(() => decoder.decode(any)).toThrow(
            expect.objectContaining({ name: 'ProtocolError', code: 'ERR_FCGI_NAME_VALUE_PAIR' }),
          );
        }
      }),
      { numRuns: 3000 },
    );
  });
});

/** FastCGI §3.4, word for word; undefined if the block ends inside a pair. */
function referencePairs(all: Buffer): string[] | undefined {
  const rest = [...all];
  const texts: string[] = [];
  const length = (): number => {
    const first = rest.shift() ?? Number.NaN;
    if (first >> 7 === 0) return first;
    const [b2 = Number.NaN, b1 = Number.NaN, b0 = Number.NaN] = rest.splice(0, 3);
    return (first & 0x7f) * 2 ** 24 + b2 * 2 ** 16 + b1 * 2 ** 8 + b0;
  };
  while (rest.length > 0) {
    const nameLength = length();
    const valueLength = length();
    if (!(nameLength + valueLength <= rest.length)) return undefined;
    texts.push(String.fromCharCode(...rest.splice(0, nameLength)));
    texts.push(String.fromCharCode(...rest.splice(0, valueLength)));
  }
  return texts;
}
