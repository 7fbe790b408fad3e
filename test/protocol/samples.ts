/*
 * Byte streams of the specification's Appendix B, with the padding, the ids and the types that real peers
 * add. The bytes are literal: nothing of the library made them.
 */

const hex = (...lines: string[]): Buffer => Buffer.from(lines.join('').replaceAll(' ', ''), 'hex');

const text = (content: string): string => Buffer.from(content, 'latin1').toString('hex');

/** A stream, and the records in it. */
export interface Sample {
  readonly title: string;
  readonly bytes: Buffer;
  readonly records: readonly (readonly [type: number, requestId: number, content: string])[];
}

const BEGIN_RESPONDER = '\0\x01\0\0\0\0\0\0';

export const samples: readonly Sample[] = [
  {
    title: 'Appendix B.1: a request without a body',
    bytes: hex(
      '01 01 0001 0008 00 00  0001 00 0000000000',
      '01 04 0001 000f 01 00  0b 02',
      text('SERVER_PORT80'),
      '00',
      '01 04 0001 0000 00 00',
      '01 05 0001 0000 00 00',
    ),
    records: [
      [1, 1, BEGIN_RESPONDER],
      [4, 1, '\x0b\x02SERVER_PORT80'],
      [4, 1, ''],
      [5, 1, ''],
    ],
  },
  {
    title: 'Appendix B.2: PARAMS in two records, a pair across both, and a body',
    bytes: hex(
      '01 01 0001 0008 00 00  0001 01 0000000000',
      '01 04 0001 0005 03 00  0e 04',
      text('REQ'),
      '000000',
      '01 04 0001 000f 00 00',
      text('UEST_METHODPOST'),
      '01 04 0001 0000 00 00',
      '01 05 0001 0003 05 00',
      text('a=1'),
      'ffffffffff',
      '01 05 0001 0000 00 00',
    ),
    records: [
      [1, 1, '\0\x01\x01\0\0\0\0\0'],
      [4, 1, '\x0e\x04REQUEST_METHODPOST'],
      [4, 1, ''],
      [5, 1, 'a=1'],
      [5, 1, ''],
    ],
  },
  {
    title: 'Appendix B.3: an answer with an error message and a status',
    bytes: hex(
      '01 07 0001 0006 02 00',
      text('config'),
      '0000',
      '01 06 0001 0007 01 00',
      text('Content'),
      '00',
      '01 06 0001 0000 00 00',
      '01 07 0001 0000 00 00',
      '01 03 0001 0008 00 00  000003aa 00 000000',
    ),
    records: [
      [7, 1, 'config'],
      [6, 1, 'Content'],
      [6, 1, ''],
      [7, 1, ''],
      [3, 1, '\0\0\x03\xaa\0\0\0\0'],
    ],
  },
  {
    title: 'Appendix B.4: two multiplexed requests',
    bytes: hex(
      '01 01 0001 0008 00 00  0001 01 0000000000',
      '01 04 0001 0002 00 00  0000',
      '01 01 ffff 0008 00 00  0001 01 0000000000',
      '01 04 0001 0000 00 00',
      '01 04 ffff 0004 04 00  01 01 41 42  00000000',
      '01 05 0001 0000 00 00',
      '01 02 ffff 0000 08 00  0000000000000000',
    ),
    records: [
      [1, 1, '\0\x01\x01\0\0\0\0\0'],
      [4, 1, '\0\0'],
      [1, 65_535, '\0\x01\x01\0\0\0\0\0'],
      [4, 1, ''],
      [4, 65_535, '\x01\x01AB'],
      [5, 1, ''],
      [2, 65_535, ''],
    ],
  },
  {
    title: 'management records, a type that nobody knows, and reserved bytes that are set',
    bytes: hex(
      '01 09 0000 0010 00 aa  0e 00',
      text('FCGI_MAX_CONNS'),
      '01 2a 0000 0003 02 00  010203 0000',
      '01 0b 0000 0008 00 00  2a 00000000000000',
      '01 ff 0102 0000 01 00  00',
      '01 00 0000 0001 00 00  07',
      '01 08 0001 0004 00 00',
      text('data'),
      '01 0a 0000 0000 00 00',
    ),
    records: [
      [9, 0, '\x0e\0FCGI_MAX_CONNS'],
      [42, 0, '\x01\x02\x03'],
      [11, 0, '*\0\0\0\0\0\0\0'],
      [255, 258, ''],
      [0, 0, '\x07'],
      [8, 1, 'data'],
      [10, 0, ''],
    ],
  },
];
