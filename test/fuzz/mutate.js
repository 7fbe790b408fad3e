import { validExchange } from './exchange.js';
import { encode, Type } from './wire.js';

/** Changes to a list of records. */
const recordMutations = [
  (records, random) => void records.splice(at(records, random), 1),
  (records, random) => {
    const one = random.pick(records);
    for (let i = 1 + random.below(3); i > 0; i--) records.splice(at(records, random), 0, one);
  },
  (records, random) => {
    const [one] = records.splice(random.below(records.length), 1);
    records.splice(at(records, random), 0, one);
  },
  (records, random) => void records.reverse().splice(0, random.below(records.length)),
  (records, random) => change(records, random, () => ({ type: random.below(14) })),
  (records, random) => change(records, random, () => ({ type: random.below(256) })),
  (records, random) => change(records, random, () => ({ id: random.pick([0, 1, 2, 3, 65_535]) })),
  (records, random) => change(records, random, () => ({ padding: random.below(256) })),
  (records, random) =>
    change(records, random, ({ content }) => ({ content: cut(content, random) })),
  (records, random) =>
    change(records, random, ({ content }) => ({ content: flip(content, random) })),
  (records, random) => {
    const one = {
      type: random.below(14),
      id: random.below(4),
      content: random.bytes(random.below(20)),
    };
    records.splice(at(records, random), 0, one);
  },
  (records, random) => {
    // Many requests that never end their PARAMS.
    const body = Buffer.of(0, 1, 1, 0, 0, 0, 0, 0);
    for (let id = 100 + random.below(60); id > 100; id--) {
      records.splice(at(records, random), 0, { type: Type.BEGIN_REQUEST, id, content: body });
    }
  },
  (records, random) => {
    // Two valid streams, spliced.
    const other = validExchange(random).records;
    records.splice(at(records, random), records.length, ...other.slice(at(other, random)));
  },
];

/** Changes to bytes. */
const byteMutations = [
  (bytes, random) => flip(bytes, random),
  (bytes, random) => cut(bytes, random),
  (bytes, random) => {
    const place = random.below(bytes.length + 1);
    const put = random.bytes(1 + random.below(12));
    return Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place)]);
  },
  (bytes, random) => {
    const from = random.below(bytes.length + 1);
    const to = from + random.below(30);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  (bytes, random) => {
    const other = Buffer.concat(validExchange(random).records.map(encode));
    return Buffer.concat([
      bytes.subarray(0, random.below(bytes.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ]);
  },
];

/** The bytes of a valid stream with one to four things wrong. */
export function damage(records, random) {
  const list = [...records];
  for (let i = random.below(4); i > 0 && list.length > 0; i--) {
    random.pick(recordMutations)(list, random);
  }
  let bytes = Buffer.concat(list.map(encode));
  if (random.once(2) && bytes.length > 0) bytes = random.pick(byteMutations)(bytes, random);
  return bytes;
}

function at(records, random) {
  return random.below(records.length + 1);
}

function change(records, random, fields) {
  const place = random.below(records.length);
  const one = records[place];
  records[place] = { ...one, ...fields({ content: Buffer.alloc(0), ...one }) };
}

function cut(bytes, random) {
  return bytes.subarray(0, random.below(bytes.length + 1));
}

function flip(bytes, random) {
  if (bytes.length === 0) return bytes;
  const flipped = Buffer.from(bytes);
  for (let i = 1 + random.below(3); i > 0; i--) {
    // Most of what matters stands at the beginning.
    const place = random.below(random.once(2) ? Math.min(24, bytes.length) : bytes.length);
    flipped[place] ^= 1 << random.below(8);
  }
  return flipped;
}
