import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import { dirname, join } from 'node:path';
import express from 'express';
import supertest from 'supertest';
import { createGateway, type Gateway, type GatewayTarget } from '../../src/gateway/index.ts';
import { createServer } from '../../src/server/index.ts';
import { within } from '../support/deadline.ts';
import { answer, faking } from '../support/fake-application.ts';
import { fetchHead, listening } from '../support/http-client.ts';

const hello: http.RequestListener = (_req, res) => void res.end('hello');

/** Folders for private sockets are made here, so that none is left unseen. */
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(os.tmpdir(), 'g-'));
  jest.spyOn(os, 'tmpdir').mockImplementation(() => folder);
});

afterEach(() => {
  jest.restoreAllMocks();
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});

const close = (gateway: Gateway) =>
  within('close', new Promise<Error | undefined>((resolve) => gateway.close(resolve)));

function expressApp() {
  const app = express();
  app.get('/', (req, res) => {
    const visits = Number(req.get('Cookie')?.slice('visits='.length) ?? 0) + 1;
    res.cookie('visits', visits, { httpOnly: true });
    res.json({ visits, ip: req.ip, hostname: req.hostname, secure: req.secure });
  });
  app.post('/echo', express.json(), (req, res) => void res.status(201).json(req.body));
  return app;
}

describe('with supertest', () => {
  test('serves an Express application', async () => {
    const gateway = createGateway(expressApp());
    const first = await supertest(gateway).get('/').expect(200);
    expect(first.body).toEqual({
      visits: 1,
      ip: expect.stringContaining('127.0.0.1'),
      hostname: '127.0.0.1',
      secure: false,
    });
    expect(gateway.listening).toBe(false);
  });

  test('serves one request after the other from the same gateway', async () => {
    const gateway = createGateway(expressApp());
    for (let i = 0; i < 3; i++) {
      const body = { i };
      expect((await supertest(gateway).post('/echo').send(body).expect(201)).body).toEqual(body);
    }
  });

  test('keeps cookies with an agent', async () => {
    const agent = supertest.agent(createGateway(expressApp()));
    for (const visits of [1, 2, 3]) {
      expect((await agent.get('/').expect(200)).body).toMatchObject({ visits });
    }
  });

  test('serves a Server that does not listen', async () => {
    const server = createServer(hello);
    await supertest(createGateway(server)).get('/').expect(200, 'hello');
    expect(server.listening).toBe(false);
  });
});

describe('close()', () => {
  test('calls back when the private server, its folder and all connections are gone', async () => {
    const server = createServer(hello);
    const gateway = createGateway(server).listen(0, '127.0.0.1');
    await once(gateway, 'listening');
    const res = await fetchHead(gateway);
    res.resume();
    const path = server.address() as unknown as string;
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    expect(await close(gateway)).toBeUndefined();
    expect(existsSync(dirname(path))).toBe(false);
    expect(server.listening).toBe(false);
    expect(await connections(server)).toBe(0);
  });

  test('lets a request finish', async () => {
    let answer: () => void = () => {};
    const gateway = createGateway((_req, res) => {
      res.write('begun');
      answer = () => res.end(' and ended');
    }).listen(0, '127.0.0.1');
    await once(gateway, 'listening');
    const res = await fetchHead(gateway);
    await within('the beginning', once(res, 'readable'));
    const closed = close(gateway);
    answer();
    let body = '';
    for await (const chunk of res) body += chunk;
    expect(body).toBe('begun and ended');
    await closed;
  });

  test('calls back for a gateway that never listened, and for one that was closed', async () => {
    const gateway = createGateway(hello);
    expect(await close(gateway)).toMatchObject({ code: 'ERR_SERVER_NOT_RUNNING' });
    expect(await close(gateway)).toMatchObject({ code: 'ERR_SERVER_NOT_RUNNING' });
  });

  test('is what `await using` does', async () => {
    let seen: Gateway;
    {
      await using gateway = createGateway(hello);
      seen = gateway.listen(0, '127.0.0.1');
      await once(gateway, 'listening');
      (await fetchHead(gateway)).resume();
    }
    expect(seen.listening).toBe(false);
    {
      await using _neverListened = createGateway(hello);
    }
  });

  test('closes the connections to an application that it did not start', () =>
    faking(
      (peer) => void peer.send(answer('X: 1\n\n')),
      async ({ path, peers }) => {
        await supertest(createGateway(path)).get('/').expect(200);
        await within('close', peers[0]?.closed ?? Promise.reject());
      },
    ));

  test('leaves a server alone that listened before', async () => {
    const server = createServer(hello).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await supertest(createGateway(server)).get('/').expect(200, 'hello');
      expect(server.listening).toBe(true);
    } finally {
      await within('close', new Promise((done) => server.close(done)));
    }
  });
});

test('tells its address at once after listen(), before the application is started', async () => {
  const gateway = createGateway(hello).listen(0);
  expect((gateway.address() as AddressInfo).port).toBeGreaterThan(0);
  expect(readdirSync(folder)).toEqual([]);
  await close(gateway);
});

test('starts the application once for requests that come together', () =>
  listening(createGateway(hello), async (gateway) => {
    const all = await Promise.all(Array.from({ length: 10 }, () => fetchHead(gateway)));
    for (const res of all) res.resume();
    expect(readdirSync(folder)).toHaveLength(1);
  }));

test('answers 500, then starts the application when that is possible', () =>
  listening(createGateway(hello), async (gateway) => {
    jest.mocked(os.tmpdir).mockReturnValueOnce(join(folder, 'missing'));
    expect((await fetchHead(gateway)).statusCode).toBe(500);
    expect((await fetchHead(gateway)).statusCode).toBe(200);
  }));

test.each<[string, unknown]>([
  ['a word', 'nonsense'],
  ['nothing', undefined],
  ['an HTTP server that does not listen', http.createServer()],
  ['a net.Server that does not listen', net.createServer()],
])('refuses %s as its target', (_, target) => {
  expect(() => createGateway(target as GatewayTarget)).toThrow(TypeError);
});

test('refuses options that are out of range', () => {
  expect(() => createGateway(hello, { timeout: -1 })).toThrow(RangeError);
});

function connections(server: net.Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
}
