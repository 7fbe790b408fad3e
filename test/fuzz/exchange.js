import { encodePairs, Role, Type } from './wire.js';

/** What the application under test answers: it can be foretold from the request. */
export function answerText(method, url, body, data) {
  return `${method} ${url} ${digest(body)} ${digest(data)}`;
}

/** Length and checksum of bytes. */
export function digest(bytes) {
  let sum = 0;
  for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) | 0;
  return `${bytes.length}:${sum >>> 0}`;
}

const paths = ['/', '/ignore', '/late', '/pieces', '/large'];

/**
 * A valid stream of a web server: one to six requests, interleaved as their order allows.
 *
 * @returns {{records: object[], expected: Map<number, {aborted: boolean, text: string | undefined}>, asked: number}}
 *   the records, what must come of each request, and how many answers about values
 */
export function validExchange(random) {
  const ids = new Set();
  const count = 1 + random.below(random.once(4) ? 6 : 2);
  while (ids.size < count) ids.add(random.pick([1, 2, 3, 7, 256, 4711, 65_535]));
  const expected = new Map();
  // Whoever has the connection closed after a request cannot ask for more behind it.
  const keeps = count > 1 || !random.once(4);
  const queues = [...ids].map((id) => validRequest(random, id, keeps, expected));
  const records = [];
  let asked = 0;
  for (let left = queues; left.length > 0; left = left.filter((queue) => queue.length > 0)) {
    if (keeps && random.once(12)) {
      asked++;
      records.push({ type: Type.GET_VALUES, id: 0, content: encodePairs([['FCGI_MAX_REQS', '']]) });
    }
    records.push(random.pick(left).shift());
  }
  return { records, expected, asked };
}

function validRequest(random, id, keeps, expected) {
  const role = random.pick([1, 1, 1, Role.AUTHORIZER, Role.FILTER]);
  const body = role === Role.AUTHORIZER ? Buffer.alloc(0) : randomContent(random);
  const data = role === Role.FILTER ? randomContent(random) : Buffer.alloc(0);
  const method = body.length > 0 ? 'POST' : 'GET';
  const url = random.pick(paths) + (random.once(3) ? `?q=${random.next()}` : '');
  const aborted = random.once(15);
  const flags = keeps ? 1 : 0;
  const stream = (type, bytes) => streamRecords(random, type, id, bytes);
  const begin = { type: Type.BEGIN_REQUEST, id, content: Buffer.of(0, role, flags, 0, 0, 0, 0, 0) };
  const records = [
    begin,
    ...stream(Type.PARAMS, encodePairs(variables(random, { method, url, body, data, role }))),
    ...(role === Role.AUTHORIZER ? [] : stream(Type.STDIN, body)),
    ...(role === Role.FILTER ? stream(Type.DATA, data) : []),
  ];
  if (aborted)
    records.splice(1 + random.below(records.length), 0, { type: Type.ABORT_REQUEST, id });
  const ignored = url.startsWith('/ignore');
  const text = answerText(method, url, ignored ? '' : body, ignored ? '' : data);
  expected.set(id, { aborted, text: url.startsWith('/large') ? text.repeat(2000) : text });
  return records;
}

function variables(random, { method, url, body, data, role }) {
  const entries = [
    ['REQUEST_METHOD', method],
    ['REQUEST_URI', url],
    ['SERVER_PROTOCOL', 'HTTP/1.1'],
    ['REMOTE_ADDR', '192.0.2.1'],
    ['HTTP_HOST', 'example.test'],
  ];
  if (body.length > 0 && random.once(2)) entries.push(['CONTENT_LENGTH', String(body.length)]);
  if (role === Role.FILTER) entries.push(['FCGI_DATA_LENGTH', String(data.length)]);
  for (let i = random.below(4); i > 0; i--) {
    entries.push([`HTTP_X_${i}`, 'v'.repeat(random.pick([0, 1, 127, 128, 300]))]);
  }
  return entries;
}

function randomContent(random) {
  if (random.once(3)) return Buffer.alloc(0);
  return random.once(40)
    ? Buffer.alloc(random.below(300_000), random.next() & 255)
    : random.bytes(1 + random.below(200));
}

/** The records of a stream, however it is cut, and its end. */
function streamRecords(random, type, id, bytes) {
  const records = [];
  for (let at = 0; at < bytes.length; ) {
    const length = random.once(3) ? 1 + random.below(40) : 65_535;
    const content = bytes.subarray(at, at + (bytes.length > 5000 ? 65_535 : length));
    records.push({ type, id, content, padding: random.once(3) ? random.below(256) : 0 });
    at += content.length;
  }
  return [...records, { type, id }];
}
