import fc from 'fast-check';
import { PairDecoder, ProtocolError, RecordReader } from '../../src/protocol/index.ts';
import { cut } from './records.ts';

// fast-check prints the seed and the smallest counter-example of a property that fails.

/** What one record can hold: more is never held back. */
const RECORD = 65_535;

/** Headers that announce much, and bytes that keep the promise in part. */
const announced = fc
  .tuple(
    fc.constantFrom(1, 2, 4, 5, 9, 10, 11, 77),
    fc.constantFrom(0, 8, 9, 500, 40_000, RECORD),
    fc.nat(255),
    fc.nat(70_000),
  )
  .map(([type, length, padding, come]) =>
    Buffer.concat([
      Buffer.of(1, type, 0, 1, length >> 8, length & 255, padding, 0),
      Buffer.alloc(come, type),
    ]),
  );

const stream = fc
  .array(announced, { minLength: 1, maxLength: 4 })
  .map((parts) => Buffer.concat(parts));
const places = fc.array(fc.nat(), { maxLength: 20 });

let allocated: number[] = [];

beforeEach(() => {
  for (const name of ['allocUnsafe', 'allocUnsafeSlow'] as const) {
    const original = Buffer[name];
    jest.spyOn(Buffer, name).mockImplementation((size: number) => {
      allocated.push(size);
      return original(size);
    });
  }
});

afterEach(() => jest.restoreAllMocks());

/** The sizes of the blocks that an action takes. */
function blocksOf(action: () => void): number[] {
  allocated = [];
  action();
  return allocated;
}

function push(reader: RecordReader, chunk: Buffer): boolean {
  try {
    reader.push(chunk);
    return true;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return false;
  }
}

test('whatever comes in whatever chunks, the reader holds no more than one record, nor more than twice what came', () => {
  fc.assert(
    fc.property(stream, places, (bytes, at) => {
      const chunks = cut(bytes, at);
      const reader = new RecordReader(() => {});
      let come = 0;
      for (const chunk of chunks) {
        let goesOn = true;
        come += chunk.length;
        for (const block of blocksOf(() => {
          goesOn = push(reader, chunk);
        })) {
          expect(block).toBeLessThanOrEqual(RECORD);
          expect(block).toBeLessThanOrEqual(Math.max(64, 2 * come));
        }
        if (!goesOn) return;
      }
    }),
    { numRuns: 500 },
  );
});

test('the reader keeps nothing of a chunk: what is written over it later changes nothing', () => {
  const told = (chunks: readonly Buffer[], after: (chunk: Buffer) => void) => {
    const records: [number, number, string][] = [];
    const reader = new RecordReader((type, id, content) => {
      records.push([type, id, content.toString('latin1')]);
    });
    for (const chunk of chunks) {
      const own = Buffer.from(chunk);
      if (!push(reader, own)) break;
      after(own);
    }
    return JSON.stringify(records);
  };
  fc.assert(
    fc.property(stream, places, (bytes, at) => {
      const chunks = cut(bytes, at);
      expect(told(chunks, (chunk) => chunk.fill(0xff))).toBe(told(chunks, () => {}));
    }),
    { numRuns: 200 },
  );
});

test('lengths that pairs claim are never taken as memory', () => {
  const pair = fc
    .tuple(fc.integer({ min: 0, max: 0x7fff_ffff }), fc.integer({ min: 0, max: 0x7fff_ffff }))
    .map(([name, value]) => {
      const lengths = Buffer.from([0x80, 0, 0, 0, 0x80, 0, 0, 0]);
      lengths.writeUInt32BE((name | 0x8000_0000) >>> 0, 0);
      lengths.writeUInt32BE((value | 0x8000_0000) >>> 0, 4);
      return lengths;
    });
  const tail = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(pair, tail, (lengths, rest) => {
      const block = Buffer.concat([lengths, rest]);
      let texts: string[] = [];
      const blocks = blocksOf(() => {
        try {
          texts = new PairDecoder().decode(block);
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
        }
      });
      for (const size of blocks) expect(size).toBeLessThanOrEqual(4096);
      expect(texts.join('').length).toBeLessThanOrEqual(block.length);
    }),
    { numRuns: 2000 },
  );
});
