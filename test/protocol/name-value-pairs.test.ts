import { encodePairs, PairDecoder, ProtocolError } from '../../src/protocol/index.ts';
import { pairs } from '../support/wire.ts';
import { heapAfterCollection } from './memory.ts';

const decode = (...blocks: Uint8Array[]): string[][] => {
  const decoder = new PairDecoder();
  return blocks.map((block) => decoder.decode(Buffer.from(block)));
};

const codeOf = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
  return 'nothing was thrown';
};

const allBytes = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));

/** Lengths in the specification's notation (FastCGI §3.4). */
const lengths: [number, string][] = [
  [0, '00'],
  [1, '01'],
  [127, '7f'],
  [128, '80000080'],
  [255, '800000ff'],
  [256, '80000100'],
  [65_535, '8000ffff'],
  [65_536, '80010000'],
];

describe('a name and a value', () => {
  test.each(lengths)('of %d bytes have their lengths before them', (size, length) => {
    const text = 'n'.repeat(size);
    const cases: [name: string, value: string, header: string][] = [
      [text, 'v', `${length}01`],
      ['N', text, `01${length}`],
      [text, text, length + length],
    ];
    for (const [name, value, header] of cases) {
      const block = Buffer.concat([Buffer.from(header, 'hex'), Buffer.from(name + value)]);
      expect(encodePairs([name, value]).equals(block)).toBe(true);
      expect(decode(block)).toEqual([[name, value]]);
    }
  });

  test('may have their short lengths in four bytes', () => {
    const block = Buffer.from('80000001 80000000 41'.replaceAll(' ', ''), 'hex');
    expect(decode(block)).toEqual([['A', '']]);
  });

  test('keep every byte, as latin1', () => {
    const block = Buffer.concat([
      Buffer.from('8000010080000100', 'hex'),
      Buffer.from(allBytes + allBytes, 'latin1'),
    ]);
    expect(encodePairs([allBytes, allBytes]).equals(block)).toBe(true);
    expect(decode(block)).toEqual([[allBytes, allBytes]]);
  });

  test('may be empty, and may be the names that objects have already', () => {
    const texts = ['', '', '__proto__', 'x', 'constructor', '', '', 'y', 'toString', '__proto__'];
    const block = Buffer.concat([
      Buffer.from('\0\0' + '\x09\x01__proto__x' + '\x0b\0constructor' + '\0\x01y'),
      Buffer.from('\x08\x09toString__proto__'),
    ]);
    expect(encodePairs(texts).equals(block)).toBe(true);
    expect(decode(block, block)).toEqual([texts, texts]);
  });

  test('may come twice', () => {
    const block = pairs([
      ['HTTP_COOKIE', 'a=1'],
      ['HTTP_COOKIE', 'b=2'],
    ]);
    expect(decode(block)).toEqual([['HTTP_COOKIE', 'a=1', 'HTTP_COOKIE', 'b=2']]);
  });
});

describe('encodePairs()', () => {
  test('makes an empty block of no pairs', () => {
    expect(encodePairs([])).toEqual(Buffer.alloc(0));
  });

  test.each([
    ['latin1', '\x01\x02A\xe9\xff'],
    ['utf8', '\x01\x04A\xc3\xa9\xc3\xbf'],
  ] as const)('counts bytes, not characters, in %s', (encoding, block) => {
    expect(encodePairs(['A', 'éÿ'], encoding).toString('latin1')).toBe(block);
  });

  test('never hands out memory that it did not write', () => {
    // A name without a value: either refused, or as if it were not there.
    let block: Buffer;
    try {
      block = encodePairs(['A', '1', 'B']);
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
      return;
    }
    expect(block.toString('latin1')).toBe('\x01\x01A1');
  });
});

describe('PairDecoder', () => {
  test('finds no pairs in an empty block', () => {
    expect(decode(Buffer.alloc(0))).toEqual([[]]);
  });

  test('is right for any block after any other', () => {
    const blocks: [string, string][][] = [
      [
        ['A', '1'],
        ['HTTP_HOST', 'a'],
        ['HTTP_COOKIE', 'x=1'],
      ],
      [
        ['A', '2'],
        ['HTTP_HOST', 'b'],
        ['HTTP_COOKIE', ''],
      ],
      // reordered
      [
        ['HTTP_HOST', 'c'],
        ['HTTP_COOKIE', 'x=3'],
        ['A', '3'],
      ],
      // added in front, and removed
      [
        ['B', '4'],
        ['HTTP_HOST', 'd'],
        ['HTTP_COOKIE', 'x=4'],
        ['A', '4'],
        ['Z', '4'],
      ],
      [['HTTP_HOST', 'e']],
      [],
      // as long as the one before, but another; and one that begins like it
      [['HTTP_HOSU', 'f']],
      [['HTTP_HO', 'STf']],
      [['HTTP_HOST', 'g']],
    ];
    expect(decode(...blocks.map((block) => pairs(block)))).toEqual(blocks.map((b) => b.flat()));
  });

  test('is right for more names, and longer ones, than it remembers', () => {
    const many = (value: string) =>
      Array.from({ length: 300 }, (_, i): [string, string] => [`HTTP_X_NAME_${i}`, value]);
    const long = (value: string) =>
      [127, 128, 129, 130, 5000].map((size): [string, string] => ['L'.repeat(size), value]);
    const blocks = [many('1'), many('2'), long('3'), many('4').reverse(), long('5').reverse()];
    expect(decode(...blocks.map((block) => pairs(block)))).toEqual(blocks.map((b) => b.flat()));
  });

  test('does not let one connection change what another one reads', () => {
    const one = new PairDecoder();
    const other = new PairDecoder();
    const block = (name: string) => Buffer.from(pairs({ [name]: '1' }));
    expect(one.decode(block('AAA'))).toEqual(['AAA', '1']);
    expect(other.decode(block('BBB'))).toEqual(['BBB', '1']);
    expect(one.decode(block('AAA'))).toEqual(['AAA', '1']);
  });

  test('does not change what it returned when the block is used again', () => {
    const block = Buffer.from(pairs({ NAME: 'value' }));
    const decoder = new PairDecoder();
    const before = decoder.decode(block);
    block.fill(0x41, 2);
    expect(decoder.decode(block)).toEqual(['AAAA', 'AAAAA']);
    expect(before).toEqual(['NAME', 'value']);
  });

  test('keeps no block alive with the names that it remembers', () => {
    const block = Buffer.from(pairs({ A_NAME_OF_TWENTY_ONE: 'x'.repeat(256 * 1024) }));
    const decoders: PairDecoder[] = [];
    const before = heapAfterCollection();
    for (let i = 0; i < 100; i++) {
      const decoder = new PairDecoder();
      decoder.decode(block);
      decoders.push(decoder);
    }
    const grown = heapAfterCollection() - before;
    expect(decoders).toHaveLength(100);
    expect(grown).toBeLessThan(5 * 1024 * 1024);
  });
});

describe('the names that a PairDecoder remembers', () => {
  const MIB = 1024 * 1024;
  const names = (count: number, size: number) =>
    Buffer.from(
      pairs(
        Array.from({ length: count }, (_, i): [string, string] => [
          String(i).padEnd(size, 'x'),
          '',
        ]),
      ),
    );

  /** Bytes that stay in use while what this returns does. */
  function retained(use: () => unknown): number {
    const before = heapAfterCollection();
    const kept = use();
    const bytes = heapAfterCollection() - before;
    expect(kept).toBeDefined();
    return bytes;
  }

  test('are the same strings in each block: many blocks of them take no more memory than one', () => {
    const block = names(200, 128);
    const bytes = retained(() => {
      const decoder = new PairDecoder();
      return Array.from({ length: 500 }, () => decoder.decode(block));
    });
    // 500 × 200 × 128 bytes are 12.2 MiB; the arrays alone take 1.5.
    expect(bytes).toBeLessThan(4 * MIB);
  });

  test('are a few hundred at most', () => {
    const block = names(100_000, 100);
    const decoder = new PairDecoder();
    expect(retained(() => decoder.decode(block).length)).toBeLessThan(2 * MIB);
    expect(decoder.decode(names(1, 1))).toEqual(['0', '']);
  });

  test.each(Array.from({ length: 18 }, (_, i) => i + 1))(
    'are not taken for others of %i bytes that differ in a single one',
    (length) => {
      const name = 'ABCDEFGHIJKLMNOPQR'.slice(0, length);
      const decoder = new PairDecoder();
      for (let i = 0; i < length; i++) {
        const other = `${name.slice(0, i)}_${name.slice(i + 1)}`;
        for (const each of [name, other, name]) {
          expect(decoder.decode(Buffer.from(pairs([[each, 'v']])))).toEqual([each, 'v']);
        }
      }
    },
  );

  test('are short', () => {
    const block = names(200, 50_000);
    const decoder = new PairDecoder();
    expect(retained(() => decoder.decode(block).length)).toBeLessThan(2 * MIB);
    expect(decoder.decode(names(1, 1))).toEqual(['0', '']);
  });
});

describe('ERR_FCGI_NAME_VALUE_PAIR', () => {
  test('is thrown if the block ends inside a pair, wherever that is', () => {
    const parts = [
      pairs({ A: '1' }),
      pairs({ B: 'x'.repeat(130) }),
      pairs({ ['C'.repeat(130)]: '' }),
    ];
    const block = Buffer.concat(parts);
    const ends = new Map([
      [0, 0],
      [4, 2],
      [4 + 136, 4],
      [block.length, 6],
    ]);
    for (let size = 0; size <= block.length; size++) {
      const part = block.subarray(0, size);
      const pairsBefore = ends.get(size);
      const outcome =
        pairsBefore === undefined
          ? codeOf(() => decode(part))
          : (decode(part)[0] as string[]).length;
      expect([size, outcome]).toEqual([size, pairsBefore ?? 'ERR_FCGI_NAME_VALUE_PAIR']);
    }
  });

  test.each([
    ['a name of 2^31-1 bytes', 'ffffffff 01 4142'],
    ['a value of 2^31-1 bytes', '01 ffffffff 4142'],
    ['both: their sum is no 32-bit number', 'ffffffff ffffffff 4142'],
    ['lengths whose sum is 2^32', 'ffffffff ffffffff 00'],
    ['a name of 2^24+1 bytes', '81000001 00 41'],
    ['one byte too many', '01 02 4142'],
    ['a length that is cut off', '800000'],
    ['a second length that is cut off', '01 8000'],
    ['no second length', '01'],
    ['a bad pair after a good one', '01 01 4142 7f 00 41'],
  ])('is thrown for %s, without taking memory for it', (_, bytes) => {
    const block = Buffer.from(bytes.replaceAll(' ', ''), 'hex');
    const before = process.memoryUsage().rss;
    expect(codeOf(() => decode(block))).toBe('ERR_FCGI_NAME_VALUE_PAIR');
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 1024 * 1024);
  });
});
