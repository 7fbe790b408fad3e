import { once } from 'node:events';
import type { RequestOptions } from 'node:http';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createGateway, type GatewayOptions } from '../../src/gateway/index.ts';
import { within } from '../support/deadline.ts';
import { Deferred } from '../support/deferred.ts';
import { answer, type FakePeer, faking } from '../support/fake-application.ts';
import { fetchHead, listening, send } from '../support/http-client.ts';
import { record, STDOUT } from '../support/wire.ts';
import { get, withSite } from './site.ts';

/** The parts of a line in the combined log format, as tools that read it split it. */
const COMBINED =
  /^(?<address>\S+) (?<ident>\S+) (?<user>\S+) \[(?<time>[^\]]+)\] "(?<request>[^"]*)" (?<status>\d{3}) (?<bytes>\d+) "(?<referer>[^"]*)" "(?<agent>[^"]*)"$/;

function parse(line: string) {
  const { groups } = COMBINED.exec(line) ?? {};
  if (!groups) throw new Error(`Not in the combined log format: ${line}`);
  return { ...groups };
}

/** The line of a request that the application answers with these bytes. */
async function lineOf(head: string, request: RequestOptions = {}, body = '', path = '/a?b') {
  const onRequest = (peer: FakePeer) => void peer.send(answer(head));
  return faking(onRequest, async ({ path: target }) => {
    const logged = new Deferred<string>();
    const accessLog = (line: string) => logged.resolve(line);
    return listening(createGateway(target, { accessLog }), async (gateway) => {
      await get(gateway, path, request, body);
      return parse(await logged.wait('a line'));
    });
  });
}

test('tells of a request what the combined log format holds', async () => {
  const headers = {
    Referer: 'http://example.test/',
    'User-Agent': 'jest (x; y)',
    Authorization: `Basic ${Buffer.from('anna:secret').toString('base64')}`,
  };
  const before = Date.now();
  const { time, ...line } = await lineOf('Status: 201 Created\n\nhello', { headers });
  expect(line).toEqual({
    address: '127.0.0.1',
    ident: '-',
    user: 'anna',
    request: 'GET /a?b HTTP/1.1',
    status: '201',
    bytes: '5',
    referer: 'http://example.test/',
    agent: 'jest (x; y)',
  });
  const parts = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d{4})$/.exec(time ?? '');
  const [, day, month, year, clock, zone] = parts ?? [];
  const told = Date.parse(`${day} ${month} ${year} ${clock} ${zone}`);
  // Whole seconds.
  expect(told).toBeGreaterThan(before - 1000);
  expect(told).toBeLessThanOrEqual(Date.now());
});

test('writes a dash for what is not there', async () => {
  const headers = { Authorization: 'Bearer x' };
  expect(await lineOf('X: 1\n\n', { headers })).toMatchObject({
    user: '-',
    referer: '-',
    agent: '-',
    bytes: '0',
  });
});

test('escapes what could end a field or a line', async () => {
  const headers = {
    'User-Agent': 'a"b\\c\xe9',
    Authorization: `Basic ${Buffer.from('a b\n"c":x').toString('base64')}`,
  };
  expect(await lineOf('X: 1\n\n', { headers })).toMatchObject({
    user: 'a\\x20b\\x0A\\x22c\\x22',
    agent: 'a\\x22b\\x5Cc\\xE9',
  });
});

test('counts the bytes of the body alone', async () => {
  expect(await lineOf(`X: 1\n\n${'b'.repeat(60_000)}`)).toMatchObject({ bytes: '60000' });
  expect(await lineOf('X: 1\n\nhello', { method: 'HEAD' })).toMatchObject({ bytes: '0' });
  const notFound = await lineOf('bad\n\n');
  expect(notFound).toMatchObject({ status: '502' });
  expect(Number(notFound.bytes)).toBeGreaterThan('502 Bad Gateway\n'.length);
});

test('logs files and refusals too', async () => {
  const lines: string[] = [];
  const options: GatewayOptions = { static: true, accessLog: (line) => lines.push(line) };
  await withSite({ ...options, files: { 'a.txt': 'hello' } }, async ({ get }) => {
    for (const path of ['/a.txt', '/none', '/..']) await get(path);
  });
  expect(lines.map(parse)).toMatchObject([
    { request: 'GET /a.txt HTTP/1.1', status: '200', bytes: '5' },
    { request: 'GET /none HTTP/1.1', status: '404' },
    { request: 'GET /.. HTTP/1.1', status: '400' },
  ]);
});

test.each<[string, string, (peer: FakePeer) => void]>([
  ['499 for a client that went away before the head', '499', () => {}],
  [
    'its status for one that went away within the body',
    '200',
    (peer) => void peer.send(record(STDOUT, 1, 'X: 1\n\npart')),
  ],
])('logs %s', async (_, status, onRequest) => {
  const logged = new Deferred<string>();
  const begun = new Deferred<unknown>();
  const answering = (peer: FakePeer) => {
    onRequest(peer);
    begun.resolve(undefined);
  };
  await faking(answering, ({ path }) =>
    listening(createGateway(path, { accessLog: logged.resolve }), async (gateway) => {
      const req = send(gateway).end();
      if (status === '499') await begun.wait('the request');
      else {
        const [res] = await within('the head', once(req, 'response'));
        await within('a part of the body', once(res as Readable, 'data'));
      }
      req.destroy();
      expect(parse(await logged.wait('a line'))).toMatchObject({ status });
    }),
  );
});

test('writes to standard output if it is true, and nowhere if it is not given', async () => {
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    for (const accessLog of [true, undefined, false]) {
      await listening(
        createGateway((_req, res) => void res.end('a'), { accessLog }),
        async (gateway) => text(await fetchHead(gateway)),
      );
    }
    const lines = write.mock.calls.map(([line]) => String(line));
    expect(lines).toEqual([expect.stringMatching(/^127\.0\.0\.1 .*"\n$/)]);
  } finally {
    write.mockRestore();
  }
});

test('refuses a log that is neither', () => {
  expect(() => createGateway('/app.sock', { accessLog: 'log' as never })).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
  );
});
