import { readFileSync } from 'node:fs';
import { IncomingMessage, ServerResponse } from 'node:http';
import { BlockList } from 'node:net';
import { join } from 'node:path';
import { createServer, Server, type ServerOptions } from '../../src/index.ts';
import { defaultLimits } from '../../src/server/limit-options.ts';
import { serving } from '../support/serve.ts';
import { request } from '../support/wire.ts';

test('has the call shapes of http.createServer()', async () => {
  const listener = () => {};
  expect(createServer()).toBeInstanceOf(Server);
  expect(createServer(listener).listeners('request')).toEqual([listener]);
  expect(createServer({}, listener).listeners('request')).toEqual([listener]);
  expect(createServer({}).listeners('request')).toEqual([]);
});

test('has the defaults that are documented', () => {
  const server = createServer();
  expect({
    timeout: server.timeout,
    requestTimeout: server.requestTimeout,
    keepAliveTimeout: server.keepAliveTimeout,
    maxConnections: server.maxConnections,
    maxHeadersCount: server.maxHeadersCount,
  }).toEqual({
    timeout: 0,
    requestTimeout: 0,
    keepAliveTimeout: 0,
    maxConnections: Number.POSITIVE_INFINITY,
    maxHeadersCount: 2000,
  });
});

test.each(Object.entries(defaultLimits))('docs/api.md tells the default of %s', (name, value) => {
  const page = readFileSync(join(__dirname, '../../docs/api.md'), 'utf8');
  const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
  const told = row?.split('|')[3]?.trim();
  expect(told).toBe(name === 'highWaterMark' ? "Node's" : `\`${value}\``);
});

test.each<[string, unknown, string]>([
  ['multiplex', 'yes', 'ERR_INVALID_ARG_TYPE'],
  ['maxConcurrentRequests', '5', 'ERR_INVALID_ARG_TYPE'],
  ['maxConcurrentRequests', -1, 'ERR_OUT_OF_RANGE'],
  ['maxConnections', Number.NaN, 'ERR_OUT_OF_RANGE'],
  ['maxRequests', -1, 'ERR_OUT_OF_RANGE'],
  ['maxParamsSize', true, 'ERR_INVALID_ARG_TYPE'],
  ['maxConcurrentRequestsPerConnection', -1, 'ERR_OUT_OF_RANGE'],
  ['maxHalfOpenRequests', '9', 'ERR_INVALID_ARG_TYPE'],
  ['maxParams', -1, 'ERR_OUT_OF_RANGE'],
  ['maxHeadersCount', 'many', 'ERR_INVALID_ARG_TYPE'],
  ['maxBufferedInput', Number.NaN, 'ERR_OUT_OF_RANGE'],
  ['maxBufferedBody', -1, 'ERR_OUT_OF_RANGE'],
  ['maxSpooledBody', '1g', 'ERR_INVALID_ARG_TYPE'],
  ['maxBufferedOutput', -1, 'ERR_OUT_OF_RANGE'],
  ['highWaterMark', 1.5, 'ERR_OUT_OF_RANGE'],
  ['highWaterMark', Number.POSITIVE_INFINITY, 'ERR_OUT_OF_RANGE'],
  ['paramsTimeout', {}, 'ERR_INVALID_ARG_TYPE'],
  ['requestTimeout', -5, 'ERR_OUT_OF_RANGE'],
  ['keepAliveTimeout', 'x', 'ERR_INVALID_ARG_TYPE'],
  ['values', 'x', 'ERR_INVALID_ARG_TYPE'],
  ['values', { OTHER: 7 }, 'ERR_INVALID_ARG_TYPE'],
  ['values', { OTHER: 'x'.repeat(65_500) }, 'ERR_OUT_OF_RANGE'],
  ['base', 5, 'ERR_INVALID_ARG_TYPE'],
  ['base', 'blog', 'ERR_OUT_OF_RANGE'],
  ['allowedClients', ['127.0.0.1', 'localhost'], 'ERR_INVALID_ARG_VALUE'],
  ['allowedClients', ['127.0.0.1/33'], 'ERR_INVALID_ARG_VALUE'],
  ['allowedClients', ['::1/129'], 'ERR_INVALID_ARG_VALUE'],
  ['allowedClients', ['10.0.0.0/'], 'ERR_INVALID_ARG_VALUE'],
])('refuses %s: %p', (name, value, code) => {
  const create = () => createServer({ [name]: value } as ServerOptions);
  expect(create).toThrow(name);
  expect(create).toThrow(expect.objectContaining({ code }));
});

test.each<[string, ServerOptions['allowedClients'], boolean]>([
  ['its address', ['192.0.2.1', '127.0.0.1'], true],
  ['a block that holds it', ['127.0.0.0/8'], true],
  ['other addresses', ['192.0.2.1', '::1', '2001:db8::/32'], false],
  ['no address', [], false],
  ['a BlockList that holds it', blockList('127.0.0.1'), true],
  ['a BlockList without it', blockList('192.0.2.1'), false],
  ['nothing', undefined, true],
])('allowedClients with %s', async (_name, allowedClients, allowed) => {
  await serving(
    (_req, res) => res.end('in'),
    async ({ connect }) => {
      const peer = await connect();
      if (allowed) expect((await peer.exchange(request())).body.toString()).toBe('in');
      else await peer.closed();
    },
    { allowedClients },
  );
});

function blockList(address: string): BlockList {
  const list = new BlockList();
  list.addAddress(address);
  return list;
}

test.each([
  ['127.0.0.1', true],
  ['192.0.2.1, 127.0.0.1', true],
  ['192.0.2.1,2001:db8::1', false],
])('without allowedClients, FCGI_WEB_SERVER_ADDRS=%s counts', async (addresses, allowed) => {
  process.env.FCGI_WEB_SERVER_ADDRS = addresses;
  try {
    await serving(
      (_req, res) => res.end('in'),
      async ({ connect }) => {
        const peer = await connect();
        if (allowed) expect((await peer.exchange(request())).body.toString()).toBe('in');
        else await peer.closed();
      },
    );
  } finally {
    delete process.env.FCGI_WEB_SERVER_ADDRS;
  }
});

test('lets the peers of a Unix socket in, whose file decides', async () => {
  await serving(
    (_req, res) => res.end('in'),
    async ({ connect }) => {
      expect((await (await connect()).exchange(request())).body.toString()).toBe('in');
    },
    { allowedClients: [], transport: 'unix' },
  );
});

const seen = (req: IncomingMessage, res: ServerResponse) => {
  const { url, originalUrl, baseUrl } = req as IncomingMessage & Record<string, unknown>;
  res.end(JSON.stringify([url, originalUrl, baseUrl]));
};

test.each<[string, string, Record<string, string>, unknown[]]>([
  ['/blog', '/blog/a?b', {}, ['/a?b', '/blog/a?b', '/blog']],
  ['/blog/', '/blog', {}, ['/', '/blog', '/blog']],
  ['/blog', '/other', {}, ['/other', null, null]],
  ['auto', '/app.fcgi/x', { SCRIPT_NAME: '/app.fcgi' }, ['/x', '/app.fcgi/x', '/app.fcgi']],
  ['auto', '/x', { SCRIPT_NAME: '' }, ['/x', null, null]],
  ['auto', '/my%20shop/x', { SCRIPT_NAME: '/my shop' }, ['/x', '/my%20shop/x', '/my%20shop']],
  ['auto', '/shop/x', { SCRIPT_NAME: '/shop/app.fcgi' }, ['/x', '/shop/x', '/shop']],
  ['/my%20shop', '/my%20shop/x', {}, ['/x', '/my%20shop/x', '/my%20shop']],
  ['/my shop', '/my%20shop/x', {}, ['/x', '/my%20shop/x', '/my%20shop']],
  ['auto', '/x', {}, ['/x', null, null]],
])('base %s makes of %s what a sub-application sees', async (base, url, variables, expected) => {
  await serving(
    seen,
    async ({ connect }) => {
      const answer = await (await connect()).exchange(
        request({ variables: { REQUEST_URI: url, ...variables } }),
      );
      expect(JSON.parse(answer.body.toString())).toEqual(expected);
    },
    { base },
  );
});

test('makes req and res of the classes that are given', async () => {
  class MyRequest extends IncomingMessage {
    mine = 'request';
  }
  class MyResponse extends ServerResponse {
    mine = 'response';
  }
  await serving(
    (req, res) => {
      const mine = [(req as MyRequest).mine, (res as unknown as MyResponse).mine];
      res.end(JSON.stringify([...mine, req instanceof MyRequest, res instanceof MyResponse]));
    },
    async ({ connect }) => {
      const answer = await (await connect()).exchange(request());
      expect(JSON.parse(answer.body.toString())).toEqual(['request', 'response', true, true]);
    },
    { IncomingMessage: MyRequest, ServerResponse: MyResponse as never },
  );
});
