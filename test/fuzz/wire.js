/* Records, written and read from the specification alone: the library is not checked with itself. */

export const Type = {
  BEGIN_REQUEST: 1,
  ABORT_REQUEST: 2,
  END_REQUEST: 3,
  PARAMS: 4,
  STDIN: 5,
  STDOUT: 6,
  STDERR: 7,
  DATA: 8,
  GET_VALUES: 9,
  GET_VALUES_RESULT: 10,
  UNKNOWN_TYPE: 11,
};

export const Role = { RESPONDER: 1, AUTHORIZER: 2, FILTER: 3 };

/** One record: {type, id, content, padding}. */
export function encode({ type, id, content = Buffer.alloc(0), padding = 0 }) {
  const header = Buffer.from([1, type, id >> 8, id & 255, 0, 0, padding, 0]);
  header.writeUInt16BE(content.length, 4);
  return Buffer.concat([header, content, Buffer.alloc(padding, 0xee)]);
}

export function encodePairs(entries) {
  const length = (size) =>
    size < 128 ? Buffer.of(size) : Buffer.of(0x80 | (size >> 24), size >> 16, size >> 8, size);
  return Buffer.concat(
    entries.flatMap(([name, value]) => [
      length(name.length),
      length(value.length),
      Buffer.from(name, 'latin1'),
      Buffer.from(value, 'latin1'),
    ]),
  );
}

/** Cuts bytes into records; `rest` is what is left of the last one. */
export function decode(bytes) {
  const records = [];
  let at = 0;
  while (bytes.length - at >= 8) {
    if (bytes[at] !== 1) throw new Error(`The application sent version ${bytes[at]}`);
    const length = bytes.readUInt16BE(at + 4);
    const next = at + 8 + length + bytes[at + 6];
    if (next > bytes.length) break;
    const content = bytes.subarray(at + 8, at + 8 + length);
    records.push({ type: bytes[at + 1], id: bytes.readUInt16BE(at + 2), content });
    at = next;
  }
  return { records, rest: bytes.subarray(at) };
}
