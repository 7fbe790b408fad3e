import { once } from 'node:events';
import {
  createReadStream,
  mkdtempSync,
  openSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Client, type RequestBody, type RequestOptions, request } from '../../src/client/index.ts';
import { Role } from '../../src/protocol/index.ts';
import { within } from '../support/deadline.ts';
import { answer, type FakePeer, faking } from '../support/fake-application.ts';
import { serving } from '../support/serve.ts';
import { DATA, PARAMS, record, STDIN, STDOUT } from '../support/wire.ts';

const HELLO = 'Content-Type: text/plain\r\n\r\nhello';
const sayHello = (peer: FakePeer) => void peer.send(answer(HELLO));
const FILTER = { method: 'POST', role: Role.FILTER };

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-test-'));
  file = join(folder, 'data.txt');
  writeFileSync(file, '0123456789');
  utimesSync(file, 1_700_000_000, 1_700_000_000.9);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a Filter gets: its variables and the streams in their order. */
async function filtered(options: RequestOptions) {
  return faking(
    sayHello,
    async ({ path, peers }) => {
      await using client = new Client(path);
      await (await within('the head', client.request(options))).completed;
      const records = peers[0]?.records.filter(({ type }) => type === STDIN || type === DATA) ?? [];
      const streams: [number, string][] = records.map(({ type, content }) => [type, `${content}`]);
      return { params: peers[0]?.params ?? {}, streams };
    },
    { at: DATA },
  );
}

test.each<[string, () => RequestBody, object]>([
  ['a string', () => 'h\xe9', { FCGI_DATA_LENGTH: '3' }],
  ['bytes', () => Buffer.from('hello'), { FCGI_DATA_LENGTH: '5' }],
  [
    'a file',
    () => createReadStream(file),
    { FCGI_DATA_LENGTH: '10', FCGI_DATA_LAST_MOD: '1700000000' },
  ],
  [
    'a part of a file',
    () => createReadStream(file, { start: 2, end: 4 }),
    { FCGI_DATA_LENGTH: '3', FCGI_DATA_LAST_MOD: '1700000000' },
  ],
  ['a part past the end', () => createReadStream(file, { start: 20 }), { FCGI_DATA_LENGTH: '0' }],
])(
  'a Filter gets %s as FCGI_DATA after the body, with what is known of it',
  async (_, make, known) => {
    const data = make();
    const { params, streams } = await filtered({ ...FILTER, body: 'body', data });
    expect(params).toMatchObject({ CONTENT_LENGTH: '4', ...known });
    const expected = await contentOf(make());
    const last: [number, string][] = expected === '' ? [] : [[DATA, expected]];
    expect(streams).toEqual([[STDIN, 'body'], [STDIN, ''], ...last, [DATA, '']]);
  },
);

function contentOf(body: RequestBody): Promise<string> | string {
  return body instanceof Readable ? text(body) : String(body);
}

test.each<[string, () => RequestBody]>([
  ['a stream', () => Readable.from(['a', 'b'], { objectMode: false })],
  ['the stream of a file descriptor', () => createReadStream('', { fd: openSync(file, 'r') })],
  ['a device', () => createReadStream('/dev/null')],
  ['nothing', () => undefined],
])('the length of %s is not known', async (_, make) => {
  const { params, streams } = await filtered({ ...FILTER, data: make() });
  expect(params).not.toHaveProperty('FCGI_DATA_LENGTH');
  expect(params).not.toHaveProperty('FCGI_DATA_LAST_MOD');
  expect(streams.at(-1)).toEqual([DATA, '']);
});

test('a file that was read from already has no length that is known', async () => {
  const data = createReadStream(file, { highWaterMark: 4 });
  await once(data, 'readable');
  expect(String(data.read(4))).toBe('0123');
  const { params, streams } = await filtered({ ...FILTER, data });
  expect(params).not.toHaveProperty('FCGI_DATA_LENGTH');
  expect(streams.map(([, content]) => content).join('')).toBe('456789');
});

test('params say more than what is known', async () => {
  const params = { FCGI_DATA_LENGTH: '11', FCGI_DATA_LAST_MOD: undefined };
  const sent = await filtered({ ...FILTER, data: createReadStream(file), params });
  expect(sent.params.FCGI_DATA_LENGTH).toBe('11');
  expect(sent.params).not.toHaveProperty('FCGI_DATA_LAST_MOD');
});

test('a file as the body has its CONTENT_LENGTH', () =>
  faking(sayHello, async ({ path, peers }) => {
    await (await request(path, { method: 'PUT', body: createReadStream(file) })).completed;
    expect(peers[0]?.params.CONTENT_LENGTH).toBe('10');
    expect(peers[0]?.stdin.toString()).toBe('0123456789');
  }));

test('streams of a body and of data are sent one after the other', async () => {
  const body = Readable.from(['b', 'o'], { objectMode: false });
  const { streams } = await filtered({ ...FILTER, body, data: createReadStream(file) });
  const types = streams.map(([type]) => type);
  expect(types).toEqual([...types].sort());
  const join = (wanted: number) =>
    streams.map(([type, content]) => (type === wanted ? content : '')).join('');
  expect([join(STDIN), join(DATA)]).toEqual(['bo', '0123456789']);
});

test('an answer that ends before the data do leaves the rest, and the connection is not kept', () =>
  faking(
    sayHello,
    async ({ path, peers }) => {
      await using client = new Client(path);
      const data = new Readable({ read() {} });
      const response = await within('the head', client.request({ ...FILTER, data }));
      expect(await text(response.body)).toBe('hello');
      await within('close', peers[0]?.closed ?? Promise.reject());
      expect(data.destroyed).toBe(false);
    },
    { at: STDIN },
  ));

test.each<[string, () => RequestOptions]>([
  ['body', () => ({ method: 'POST', body: createReadStream(join(folder, 'none')) })],
  ['data', () => ({ ...FILTER, data: createReadStream(join(folder, 'none')) })],
])('a file that is missing as the %s fails the request before it connects', (_, make) =>
  faking(sayHello, async ({ path, peers }) => {
    await using client = new Client(path);
    await expect(within('the failure', client.request(make()))).rejects.toMatchObject({
      code: 'ENOENT',
    });
    expect(peers).toHaveLength(0);
  }),
);

test('data that fail before their turn cut the request off, though the head has come', () =>
  faking(
    (peer) => void peer.send(record(STDOUT, 1, HELLO)),
    async ({ path, peers }) => {
      await using client = new Client(path);
      const body = new Readable({ read() {} });
      const data = new Readable({ read() {} });
      const response = await within('the head', client.request({ ...FILTER, body, data }));
      const closed = new Promise((resolve) => data.once('close', resolve));
      data.destroy(new Error('disk'));
      await within('close', closed);
      body.push(null);
      await expect(within('the failure', text(response.body))).rejects.toThrow('disk');
      await within('close', peers[0]?.closed ?? Promise.reject());
    },
    { at: PARAMS },
  ));

test('data that fail cut the request off', () => {
  const data = new Readable({ read() {} });
  return faking(
    () => void data.destroy(new Error('disk')),
    async ({ path, peers }) => {
      await using client = new Client(path);
      await expect(within('the failure', client.request({ ...FILTER, data }))).rejects.toThrow(
        'disk',
      );
      await within('close', peers[0]?.closed ?? Promise.reject());
    },
    { at: STDIN },
  );
});

test.each<[string, RequestOptions]>([
  ['data without the role of Filter', { url: '/', data: 'x' }],
  ['a body in the role of Authorizer', { url: '/', role: Role.AUTHORIZER, body: 'x' }],
  ['a body that is none', { url: '/', body: 1 as unknown as string }],
  ['a body that is null', { url: '/', body: null as unknown as string }],
  ['data that are none', { ...FILTER, data: {} as unknown as string }],
  ['an onRecord that is no function', { url: '/', onRecord: 1 as never }],
])('%s is refused with a TypeError before it connects', (_, options) =>
  faking(
    sayHello,
    async ({ path, peers }) => {
      await using client = new Client(path);
      await expect(client.request(options)).rejects.toThrow(TypeError);
      expect(peers).toHaveLength(0);
    },
    { at: PARAMS },
  ),
);

test('a Filter of this library gets the data with their length', () =>
  serving(
    () => {},
    async ({ server }) => {
      const response = await request(server, {
        ...FILTER,
        url: '/x',
        body: 'body',
        data: createReadStream(file),
      });
      expect(JSON.parse(await within('the body', text(response.body)))).toEqual({
        body: 'body',
        data: '0123456789',
        length: '10',
        lastModified: '1700000000',
      });
    },
    {
      filter: async (req, res) => {
        const { data, params } = req.fastcgi ?? {};
        res.end(
          JSON.stringify({
            body: await text(req),
            data: data && (await text(data)),
            length: params?.FCGI_DATA_LENGTH,
            lastModified: params?.FCGI_DATA_LAST_MOD,
          }),
        );
      },
    },
  ));
