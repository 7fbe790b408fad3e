import { ProtocolError, RecordReader } from '../../src/protocol/index.ts';
import {
  BEGIN_REQUEST,
  END_REQUEST,
  GET_VALUES,
  PARAMS,
  record,
  STDIN,
  STDOUT,
  UNKNOWN_TYPE,
} from '../support/wire.ts';
import { heapAfterCollection } from './memory.ts';
import { joinPieces, readPieces } from './records.ts';
import { samples } from './samples.ts';

function thrownBy(action: () => void): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown');
}

const ignore = () => {};

describe.each(samples)('$title', ({ bytes, records }) => {
  const expected = records.map(([type, requestId, content]) => ({
    type,
    requestId,
    content: Buffer.from(content, 'latin1'),
  }));

  test('is read whole', () => {
    expect(joinPieces(readPieces(bytes))).toEqual(expected);
  });

  test('is read the same however it is split in two', () => {
    for (let at = 0; at <= bytes.length; at++) {
      const pieces = readPieces(bytes.subarray(0, at), bytes.subarray(at));
      expect([at, joinPieces(pieces)]).toEqual([at, expected]);
    }
  });

  test('is read the same when each chunk is overwritten after it was pushed', () => {
    const pieces: ReturnType<typeof readPieces> = [];
    const reader = new RecordReader((type, requestId, content) => {
      pieces.push({ type, requestId, content: Buffer.from(content) });
    });
    const buffer = Buffer.alloc(3);
    for (let at = 0; at < bytes.length; at += buffer.length) {
      const length = bytes.copy(buffer, 0, at);
      reader.push(buffer.subarray(0, length));
      buffer.fill(0xee);
    }
    expect(joinPieces(pieces)).toEqual(expected);
  });

  test('is read the same byte for byte', () => {
    const chunks = Array.from(bytes, (byte) => Buffer.of(byte));
    expect(joinPieces(readPieces(...chunks))).toEqual(expected);
  });

  test('knows at each byte whether it is inside a record', () => {
    const reader = new RecordReader(ignore);
    const ends = new Set<number>([0]);
    for (let at = 0; at < bytes.length; ) {
      at += 8 + bytes.readUInt16BE(at + 4) + (bytes[at + 6] as number);
      ends.add(at);
    }
    for (let at = 0; at < bytes.length; at++) {
      expect([at, reader.insideRecord]).toEqual([at, !ends.has(at)]);
      reader.push(bytes.subarray(at, at + 1));
    }
    expect(reader.insideRecord).toBe(false);
  });
});

describe('content', () => {
  test.each([0, 1, 127, 128, 255, 256, 65_534, 65_535])('of %d bytes arrives whole', (size) => {
    const content = Buffer.alloc(size, 'content ');
    for (const type of [STDIN, GET_VALUES]) {
      expect(readPieces(record(type, 7, content))).toEqual([{ type, requestId: 7, content }]);
    }
  });

  const inTwoPieces = (type: number) => {
    const bytes = record(type, 1, 'abcdefgh');
    const chunks = [bytes.subarray(0, 8), bytes.subarray(8, 11), bytes.subarray(11)];
    return readPieces(...chunks).map(({ content }) => content.toString());
  };

  test.each([4, 5, 6, 7, 8])(
    'of stream type %d is passed on as it comes, a piece a chunk',
    (type) => {
      expect(inTwoPieces(type)).toEqual(['abc', 'defgh']);
    },
  );

  test.each([0, 1, 2, 3, 9, 10, 11, 12, 255])('of type %d is passed on whole', (type) => {
    expect(inTwoPieces(type)).toEqual(['abcdefgh']);
  });

  test('is a view of the chunk that it came in', () => {
    const chunk = Buffer.concat([record(STDIN, 1, 'abc'), record(GET_VALUES, 0, 'defg')]);
    const views: Buffer[] = [];
    new RecordReader((_type, _id, content) => views.push(content)).push(chunk);
    expect(views.map(({ buffer, byteOffset }) => [buffer === chunk.buffer, byteOffset])).toEqual([
      [true, chunk.byteOffset + 8],
      [true, chunk.byteOffset + 8 + 3 + 8],
    ]);
  });

  test('of a record that is no stream is passed on once, when it is complete', () => {
    const bytes = record(GET_VALUES, 0, 'abcdefghi');
    const seen: string[] = [];
    const reader = new RecordReader((_type, _id, content) => seen.push(content.toString()));
    for (const byte of bytes.subarray(0, -1)) reader.push(Buffer.of(byte));
    expect(seen).toEqual([]);
    reader.push(bytes.subarray(-1));
    expect(seen).toEqual(['abcdefghi']);
  });

  test('of records one after the other is never mixed up', () => {
    const first = record(GET_VALUES, 0, 'first');
    const second = record(UNKNOWN_TYPE, 0, 'second!!');
    const pieces = readPieces(
      first.subarray(0, 10),
      Buffer.concat([first.subarray(10), second.subarray(0, 12)]),
      second.subarray(12),
    );
    expect(pieces.map(({ type, content }) => [type, content.toString()])).toEqual([
      [GET_VALUES, 'first'],
      [UNKNOWN_TYPE, 'second!!'],
    ]);
  });

  test('may be read from within the sink: the next record is in order then', () => {
    const seen: string[] = [];
    const nested = record(STDIN, 2, 'nested');
    const reader = new RecordReader((_type, id, content) => {
      seen.push(`${id}: ${content}`);
      if (id === 1) reader.push(nested);
    });
    reader.push(record(STDIN, 1, 'outer'));
    expect(seen).toEqual(['1: outer', '2: nested']);
  });
});

describe('padding', () => {
  const paddings = Array.from({ length: 256 }, (_, size) => size);

  test('of 0 to 255 bytes is skipped', () => {
    for (const padding of paddings) {
      for (const [type, content] of [
        [STDIN, 'abc'],
        [STDIN, ''],
        [GET_VALUES, 'abc'],
      ] as const) {
        const pieces = readPieces(
          Buffer.concat([record(type, 3, content, padding), record(STDOUT, 4, 'next')]),
        );
        expect([padding, pieces]).toEqual([
          padding,
          [
            { type, requestId: 3, content: Buffer.from(content) },
            { type: STDOUT, requestId: 4, content: Buffer.from('next') },
          ],
        ]);
      }
    }
  });

  test('is skipped at every split of it', () => {
    const bytes = Buffer.concat([record(STDIN, 3, 'abc', 255), record(STDOUT, 4, 'next')]);
    for (let at = 11; at <= 11 + 255; at++) {
      const pieces = readPieces(bytes.subarray(0, at), bytes.subarray(at));
      expect(pieces.map(({ content }) => content.toString())).toEqual(['abc', 'next']);
    }
  });

  test('comes after the content was passed on', () => {
    const seen: number[] = [];
    const reader = new RecordReader((type) => seen.push(type));
    reader.push(record(BEGIN_REQUEST, 1, Buffer.alloc(8), 5).subarray(0, 16));
    expect(seen).toEqual([BEGIN_REQUEST]);
    expect(reader.insideRecord).toBe(true);
  });
});

describe('ERR_FCGI_VERSION', () => {
  test.each([0, 2, 3, 255])('is thrown for version %d', (version) => {
    const bytes = record(PARAMS, 513, 'x');
    bytes[0] = version;
    const error = thrownBy(() => readPieces(bytes));
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ code: 'ERR_FCGI_VERSION', type: PARAMS, requestId: 513 });
  });

  test('is thrown for a version that is wrong later on, after the records before it', () => {
    const seen: number[] = [];
    const reader = new RecordReader((type) => seen.push(type));
    const wrong = Buffer.from('GET / HTTP/1.1\r\n\r\n');
    expect(thrownBy(() => reader.push(Buffer.concat([record(STDIN, 1), wrong])))).toMatchObject({
      code: 'ERR_FCGI_VERSION',
    });
    expect(seen).toEqual([STDIN]);
  });

  test('is thrown when the header comes byte by byte', () => {
    const bytes = Buffer.of(2, 1, 0, 1, 0, 8, 0, 0);
    expect(
      thrownBy(() => readPieces(...Array.from(bytes, (byte) => Buffer.of(byte)))),
    ).toMatchObject({ code: 'ERR_FCGI_VERSION' });
  });
});

describe('ERR_FCGI_RECORD_LENGTH', () => {
  const fixed = [BEGIN_REQUEST, END_REQUEST, UNKNOWN_TYPE];

  test('is thrown if a body that has eight bytes has any other number, before the body comes', () => {
    for (const type of fixed) {
      for (const size of [0, 1, 7, 9, 16, 65_535]) {
        const header = Buffer.of(1, type, 0, 9, size >> 8, size & 255, 0, 0);
        const error = thrownBy(() => readPieces(header));
        expect(error).toBeInstanceOf(ProtocolError);
        expect(error).toMatchObject({ code: 'ERR_FCGI_RECORD_LENGTH', type, requestId: 9 });
      }
    }
  });

  test('names the type as the specification does', () => {
    const error = thrownBy(() => readPieces(record(BEGIN_REQUEST, 1, 'short')));
    expect((error as Error).message).toBe(
      'The body of FCGI_BEGIN_REQUEST has 5 bytes instead of 8',
    );
  });

  test('is not thrown for eight bytes, nor for a type that may have any number', () => {
    for (const type of fixed) expect(readPieces(record(type, 1, '12345678'))).toHaveLength(1);
    for (const type of [0, 2, 4, 5, 6, 7, 8, 9, 10, 12, 255]) {
      expect(readPieces(record(type, 1, '1234567'))).toHaveLength(1);
    }
  });
});

test('holds a record that comes byte by byte in no more memory than it is long', () => {
  const bytes = record(GET_VALUES, 0, Buffer.alloc(60_000, 'x'));
  const before = heapAfterCollection();
  const readers = Array.from({ length: 20 }, () => new RecordReader(ignore));
  for (const reader of readers) {
    for (let at = 0; at < bytes.length - 1; at++) reader.push(bytes.subarray(at, at + 1));
  }
  const held = heapAfterCollection() - before;
  expect(readers.every(({ insideRecord }) => insideRecord)).toBe(true);
  expect(held / readers.length).toBeLessThan(100_000);
});

describe('ERR_FCGI_TRUNCATED', () => {
  const bytes = record(PARAMS, 258, 'abc', 2);

  test('is thrown if the bytes end inside a record, wherever that is', () => {
    for (let size = 1; size < bytes.length; size++) {
      const error = thrownBy(() => readPieces(bytes.subarray(0, size)));
      expect(error).toBeInstanceOf(ProtocolError);
      expect([size, (error as ProtocolError).code]).toEqual([size, 'ERR_FCGI_TRUNCATED']);
    }
  });

  test('names the record once its header is known', () => {
    expect(thrownBy(() => readPieces(bytes.subarray(0, 8)))).toMatchObject({
      type: PARAMS,
      requestId: 258,
    });
    const early = thrownBy(() => readPieces(Buffer.concat([bytes, bytes.subarray(0, 7)])));
    expect(early).not.toHaveProperty('type', PARAMS);
    expect(early).not.toHaveProperty('requestId', 258);
  });

  test('is not thrown between records', () => {
    expect(() => readPieces()).not.toThrow();
    expect(() => readPieces(bytes, bytes)).not.toThrow();
    expect(() => readPieces(Buffer.alloc(0))).not.toThrow();
  });
});

test('passes on what the sink throws', () => {
  const reason = new Error('from the sink');
  const reader = new RecordReader(() => {
    throw reason;
  });
  expect(thrownBy(() => reader.push(record(STDIN, 1)))).toBe(reason);
});
