import { RecordWriter } from '../../src/protocol/index.ts';
import { END_REQUEST, parseRecords, record, STDERR, STDIN, STDOUT } from '../support/wire.ts';

/** The bytes that a fresh writer makes. */
function written(use: (writer: RecordWriter) => void): Buffer {
  const writer = new RecordWriter();
  use(writer);
  return Buffer.concat(writer.take());
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Above this many bytes content is passed on without a copy. */
const MAX_COPIED = 8 * 1024;

/** A record with padding of zeros. */
function padded(type: number, requestId: number, content: string | Uint8Array, padding: number) {
  const bytes = record(type, requestId, content);
  bytes[6] = padding;
  return Buffer.concat([bytes, Buffer.alloc(padding)]);
}

describe('record()', () => {
  test('writes a header of eight bytes, and the content', () => {
    expect(written((writer) => writer.record(3, 1, Buffer.from('12345678')))).toEqual(
      hex('01 03 0001 0008 00 00 3132333435363738'),
    );
  });

  test('writes a record without content', () => {
    expect(written((writer) => writer.record(9, 0, new Uint8Array()))).toEqual(
      hex('01 09 0000 0000 00 00'),
    );
  });

  test.each([0, 1, 255, 256, 258, 65_535])('writes request id %d in two bytes', (id) => {
    expect(written((writer) => writer.record(2, id, Buffer.of(7)))).toEqual(record(2, id, '\x07'));
  });

  test.each([1, 127, 128, 255, 256, MAX_COPIED, MAX_COPIED + 1, 65_535])(
    'writes content of %d bytes as one record',
    (size) => {
      const content = Buffer.alloc(size, 'content ');
      const bytes = written((writer) => writer.record(10, 0, content));
      expect(bytes.equals(record(10, 0, content))).toBe(true);
    },
  );

  test('throws a RangeError for more than 65,535 bytes, and writes nothing', () => {
    const writer = new RecordWriter();
    expect(() => writer.record(10, 0, new Uint8Array(65_536))).toThrow(RangeError);
    expect(writer.length).toBe(0);
    expect(writer.take()).toEqual([]);
  });
});

test('endStream() writes a record without content', () => {
  expect(written((writer) => writer.endStream(STDOUT, 513))).toEqual(hex('01 06 0201 0000 00 00'));
});

describe('stream()', () => {
  test('writes a record of the content', () => {
    const content = new Uint8Array([0x68, 0x69]);
    expect(written((writer) => writer.stream(STDOUT, 1, content))).toEqual(
      hex('01 06 0001 0002 00 00 6869'),
    );
  });

  test('writes nothing for empty content, which would end the stream', () => {
    const bytes = written((writer) => {
      expect(writer.stream(STDOUT, 1, '')).toBe(0);
      expect(writer.stream(STDOUT, 1, new Uint8Array())).toBe(0);
      expect(writer.stream(STDOUT, 1, '', 'base64')).toBe(0);
    });
    expect(bytes).toHaveLength(0);
  });

  test('takes a view of other bytes for what the view shows', () => {
    const view = new Uint8Array(Buffer.from('..hello..')).subarray(2, 7);
    expect(written((writer) => writer.stream(STDOUT, 1, view))).toEqual(record(STDOUT, 1, 'hello'));
  });

  describe.each([
    ['utf8', 'é€😀', 'c3a9 e282ac f09f9880'],
    ['latin1', 'aé\xff', '61e9ff'],
    ['ascii', 'abc', '616263'],
    ['base64', 'aGVsbG8=', '68656c6c6f'],
    ['base64', 'aGVsbG8', '68656c6c6f'],
    ['base64', 'aGVs\r\nbG8=\r\n', '68656c6c6f'],
    ['base64url', '-_8', 'fbff'],
    ['hex', '00FFa7', '00ffa7'],
    ['hex', 'a7zz', 'a7'],
    ['hex', 'a7b', 'a7'],
    ['utf16le', 'é€', 'e900ac20'],
    ['ucs2', 'A', '4100'],
    ['utf8', '\ud800', 'efbfbd'],
  ] as const)('with a string in %s: %j', (encoding, text, bytes) => {
    const content = hex(bytes);

    test('writes its bytes, no more and no fewer, and returns their number', () => {
      const output = written((writer) => {
        expect(writer.stream(STDOUT, 1, text, encoding)).toBe(content.length);
        expect(writer.length).toBe(8 + content.length);
      });
      expect(output).toEqual(record(STDOUT, 1, content));
    });

    test('joins it to what was written before', () => {
      const output = written((writer) => {
        writer.stream(STDOUT, 1, 'x');
        writer.stream(STDOUT, 1, text, encoding);
        writer.stream(STDOUT, 1, 'y');
        writer.endStream(STDOUT, 1);
      });
      const joined = Buffer.concat([Buffer.from('x'), content, Buffer.from('y')]);
      expect(output).toEqual(Buffer.concat([record(STDOUT, 1, joined), record(STDOUT, 1)]));
    });
  });

  test('takes a string for UTF-8 unless told otherwise', () => {
    expect(written((writer) => writer.stream(STDOUT, 1, 'é'))).toEqual(record(STDOUT, 1, 'Ã©'));
  });

  test.each([
    ['utf8', 'é'.repeat(40_000), Buffer.from('é'.repeat(40_000))],
    ['latin1', 'é'.repeat(40_000), Buffer.alloc(40_000, 0xe9)],
    ['base64', Buffer.alloc(30_000, 7).toString('base64'), Buffer.alloc(30_000, 7)],
    ['hex', 'ff'.repeat(20_000), Buffer.alloc(20_000, 0xff)],
    ['utf16le', 'A'.repeat(9000), Buffer.from('A\0'.repeat(9000))],
  ] as const)('writes a long string in %s', (encoding, text, content) => {
    const output = written((writer) => {
      expect(writer.stream(STDOUT, 1, text, encoding)).toBe(content.length);
    });
    const parts = parseRecords(output).map((part) => part.content);
    expect(Buffer.concat(parts).equals(content)).toBe(true);
  });

  test.each<[size: number, parts: readonly number[]]>([
    [1, [1]],
    [127, [127]],
    [128, [128]],
    [MAX_COPIED, [MAX_COPIED]],
    [MAX_COPIED + 1, [MAX_COPIED + 1]],
    [65_535, [65_535]],
    [65_536, [32_768, 32_768]],
    [65_537, [32_769, 32_768]],
    [131_070, [65_535, 65_535]],
    [131_071, [43_691, 43_691, 43_689]],
    [200_000, [50_000, 50_000, 50_000, 50_000]],
    [1_000_000, Array.from({ length: 16 }, () => 62_500)],
  ])('writes %d bytes as records of %j', (size, parts) => {
    const content = Buffer.from(Array.from({ length: size }, (_, i) => i * 31));
    const output = written((writer) => {
      expect(writer.stream(STDIN, 3, content)).toBe(size);
      expect(writer.length).toBe(size + 8 * parts.length);
    });
    const records = parseRecords(output);
    expect(records.map((part) => [part.type, part.requestId, part.content.length])).toEqual(
      parts.map((length) => [STDIN, 3, length]),
    );
    expect(Buffer.concat(records.map((part) => part.content)).equals(content)).toBe(true);
  });
});

describe('successive writes', () => {
  const twice = (between: (writer: RecordWriter) => void): Buffer =>
    written((writer) => {
      writer.stream(STDOUT, 1, 'ab');
      between(writer);
      writer.stream(STDOUT, 1, Buffer.from('cd'));
    });

  test('to one stream share a record', () => {
    expect(twice(() => {})).toEqual(record(STDOUT, 1, 'abcd'));
    expect(twice((writer) => writer.stream(STDOUT, 1, ''))).toEqual(record(STDOUT, 1, 'abcd'));
  });

  const apart = (between: Buffer) =>
    Buffer.concat([record(STDOUT, 1, 'ab'), between, record(STDOUT, 1, 'cd')]);

  test.each<[title: string, between: (writer: RecordWriter) => void, bytes: Buffer]>([
    ['another request', (w) => w.stream(STDOUT, 2, 'x'), record(STDOUT, 2, 'x')],
    ['request 256 higher', (w) => w.stream(STDOUT, 257, 'x'), record(STDOUT, 257, 'x')],
    ['another stream', (w) => w.stream(STDERR, 1, 'x'), padded(STDERR, 1, 'x', 7)],
    ['a record', (w) => w.record(END_REQUEST, 1, Buffer.from('x')), record(END_REQUEST, 1, 'x')],
    ['a record of their type', (w) => w.record(STDOUT, 1, Buffer.of(0)), record(STDOUT, 1, '\0')],
    ['the end of their stream', (w) => w.endStream(STDOUT, 1), record(STDOUT, 1)],
    ['the end of another stream', (w) => w.endStream(STDERR, 1), record(STDERR, 1)],
  ])('share no record if between them stands %s', (_, between, bytes) => {
    expect(twice(between)).toEqual(apart(bytes));
  });

  test('share no record if a large content stands between them', () => {
    const large = Buffer.alloc(MAX_COPIED + 1, 'x');
    expect(twice((writer) => writer.stream(STDOUT, 1, large))).toEqual(
      apart(record(STDOUT, 1, large)),
    );
  });

  test('share no record after take()', () => {
    const writer = new RecordWriter();
    writer.stream(STDOUT, 1, 'ab');
    expect(Buffer.concat(writer.take())).toEqual(record(STDOUT, 1, 'ab'));
    writer.stream(STDOUT, 1, 'cd');
    expect(Buffer.concat(writer.take())).toEqual(record(STDOUT, 1, 'cd'));
  });

  test.each([1, 100, 1000, 7777, MAX_COPIED])(
    'of %d bytes make records that never pass 65,535 bytes',
    (size) => {
      const count = Math.ceil(300_000 / size);
      const content = Buffer.from(Array.from({ length: size }, (_, i) => i));
      const writer = new RecordWriter();
      for (let i = 0; i < count; i++) {
        // By turns, since strings and bytes take two paths.
        if (i % 2 === 0) writer.stream(STDOUT, 1, content);
        else writer.stream(STDOUT, 1, content.toString('latin1'), 'latin1');
      }
      const { length } = writer;
      const output = Buffer.concat(writer.take());
      const records = parseRecords(output);
      expect(output).toHaveLength(length);
      expect(records.every((part) => part.type === STDOUT && part.requestId === 1)).toBe(true);
      const whole = Buffer.concat(records.map((part) => part.content));
      expect(whole.equals(Buffer.alloc(count * size, content))).toBe(true);
      // Sharing is what makes it cheap: at most 16 KiB of each 64 KiB may stay unused.
      expect(records.length).toBeLessThanOrEqual(Math.ceil((count * size) / 48_000));
    },
  );
});

describe('content', () => {
  const holds = (buffers: readonly Buffer[], content: Uint8Array) =>
    buffers.some(
      ({ buffer, byteOffset, length }) =>
        buffer === content.buffer &&
        byteOffset >= content.byteOffset &&
        byteOffset + length <= content.byteOffset + content.length,
    );

  test('of more than 16 KiB is passed on without a copy', () => {
    const memory = new Uint8Array(200_000);
    for (const size of [MAX_COPIED + 1, 65_535, 65_536, 150_000]) {
      const content = memory.subarray(100, 100 + size);
      const writer = new RecordWriter();
      writer.stream(STDOUT, 1, 'head');
      writer.stream(STDOUT, 1, content);
      const own = writer.take().filter((buffer) => holds([buffer], content));
      expect(own.reduce((sum, { length }) => sum + length, 0)).toBe(size);
      expect(own[0]?.byteOffset).toBe(content.byteOffset);
    }
  });

  test('of a large record is passed on without a copy', () => {
    const content = Buffer.alloc(40_000);
    const writer = new RecordWriter();
    writer.record(10, 0, content);
    expect(holds(writer.take(), content)).toBe(true);
  });

  test('of up to 16 KiB is copied at once: its bytes may change then', () => {
    const content = Buffer.alloc(MAX_COPIED, 'a');
    const writer = new RecordWriter();
    writer.stream(STDOUT, 1, content);
    writer.record(10, 0, content);
    content.fill('b');
    const buffers = writer.take();
    expect(holds(buffers, content)).toBe(false);
    const [stream, whole] = parseRecords(Buffer.concat(buffers));
    expect(stream?.content.equals(Buffer.alloc(MAX_COPIED, 'a'))).toBe(true);
    expect(whole?.content.equals(Buffer.alloc(MAX_COPIED, 'a'))).toBe(true);
  });

  test('that is small leaves in one buffer', () => {
    const writer = new RecordWriter();
    writer.stream(STDOUT, 1, 'Status: 200 OK\r\n\r\n');
    writer.stream(STDOUT, 1, Buffer.alloc(5000));
    writer.endStream(STDOUT, 1);
    writer.record(END_REQUEST, 1, Buffer.alloc(8));
    expect(writer.take()).toHaveLength(1);
  });
});

describe('take()', () => {
  test('returns nothing if nothing was written', () => {
    const writer = new RecordWriter();
    expect(writer.take()).toEqual([]);
    writer.endStream(STDOUT, 1);
    writer.take();
    expect(writer.take()).toEqual([]);
  });

  test('never returns an empty buffer', () => {
    const writer = new RecordWriter();
    for (let i = 0; i < 50; i++) {
      writer.stream(STDOUT, 1, Buffer.alloc(MAX_COPIED + (i % 3) - 1));
      if (i % 7 === 0) expect(writer.take().every(({ length }) => length > 0)).toBe(true);
    }
  });

  test('returns buffers that stay as they are while writers go on', () => {
    const kept: { buffers: Buffer[]; bytes: Buffer }[] = [];
    const writers = Array.from({ length: 5 }, () => new RecordWriter());
    for (let turn = 0; turn < 200; turn++) {
      for (const [i, writer] of writers.entries()) {
        writer.stream(STDOUT, i + 1, String(turn).repeat((turn * 37) % 900));
        writer.record(END_REQUEST, i + 1, Buffer.alloc(8, turn));
        if ((turn + i) % 3 > 0) continue;
        const buffers = writer.take();
        kept.push({ buffers, bytes: Buffer.from(Buffer.concat(buffers)) });
      }
    }
    for (const { buffers, bytes } of kept) expect(Buffer.concat(buffers).equals(bytes)).toBe(true);
  });
});

describe('STDERR', () => {
  const written = (...contents: (string | Uint8Array)[]) => {
    const writer = new RecordWriter();
    for (const content of contents) writer.stream(STDERR, 1, content);
    return Buffer.concat(writer.take());
  };

  // HAProxy 2.6 crashes on a record of STDERR without padding.
  test.each([
    [1, 7],
    [7, 1],
    [8, 8],
    [9, 7],
  ])('of %i bytes has padding of %i: to a multiple of 8, and never none', (length, padding) => {
    const content = 'x'.repeat(length);
    expect(written(content)).toEqual(padded(STDERR, 1, content, padding));
    expect(written(Buffer.from(content))).toEqual(padded(STDERR, 1, content, padding));
  });

  test('written twice makes two records', () => {
    expect(written('ab', 'cd')).toEqual(
      Buffer.concat([padded(STDERR, 1, 'ab', 6), padded(STDERR, 1, 'cd', 6)]),
    );
  });

  test('longer than a record is sent in equal parts, each with padding', () => {
    const half = Buffer.alloc(40_000, 'x');
    expect(written(Buffer.concat([half, half]))).toEqual(
      Buffer.concat([padded(STDERR, 1, half, 8), padded(STDERR, 1, half, 8)]),
    );
  });

  test('without content adds nothing', () => {
    expect(written('', Buffer.alloc(0))).toHaveLength(0);
  });
});

describe('length', () => {
  test('is the number of bytes that take() would return', () => {
    const writer = new RecordWriter();
    const steps: [action: () => unknown, bytes: number][] = [
      [() => {}, 0],
      [() => writer.stream(STDOUT, 1, 'é'), 8 + 2],
      [() => writer.stream(STDOUT, 1, Buffer.from('abc')), 3],
      [() => writer.stream(STDOUT, 1, ''), 0],
      [() => writer.stream(STDERR, 1, 'abc'), 8 + 3 + 5],
      [() => writer.stream(STDOUT, 1, Buffer.alloc(65_536)), 2 * 8 + 65_536],
      [() => writer.stream(STDOUT, 1, 'x'.repeat(20_000)), 8 + 20_000],
      [() => writer.endStream(STDOUT, 1), 8],
      [() => writer.record(END_REQUEST, 1, Buffer.alloc(8)), 16],
    ];
    let expected = 0;
    for (const [action, bytes] of steps) {
      action();
      expected += bytes;
      expect(writer.length).toBe(expected);
    }
    expect(Buffer.concat(writer.take())).toHaveLength(expected);
    expect(writer.length).toBe(0);
  });
});
