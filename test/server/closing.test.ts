import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Server } from '../../src/index.ts';
import { within } from '../support/deadline.ts';
import { Deferred } from '../support/deferred.ts';
import { serving } from '../support/serve.ts';
import type { WebServer } from '../support/web-server.ts';
import { END_REQUEST, record, request, STDERR, STDOUT } from '../support/wire.ts';

/** What nginx takes as a sign to close an idle connection, and ignores before a response. */
const HINT = { type: STDERR, requestId: 1, content: Buffer.alloc(0) };

const typesOf = (peer: WebServer) => peer.records.map(({ type }) => type);
const hinted = (peer: WebServer, hints: number) =>
  peer.until(
    `${hints} empty records`,
    () => peer.records.filter(({ type }) => type === STDERR).length === hints,
  );

/** Serves `/` at once, and other URLs when the test answers them. */
function closing(
  use: (served: {
    connect: () => Promise<WebServer>;
    server: Server;
    waiting: Deferred<ServerResponse>;
  }) => Promise<void>,
): Promise<void> {
  const waiting = new Deferred<ServerResponse>();
  return serving(
    (req, res) => (req.url === '/' ? res.end('served') : waiting.resolve(res)),
    ({ connect, server }) => use({ connect, server, waiting }),
  );
}

test('close() leaves the closing of an idle connection to the web server', async () => {
  await closing(async ({ connect, server }) => {
    const peer = await connect();
    await peer.exchange(request());
    const before = peer.records.length;
    server.close();
    await hinted(peer, 1);
    expect(peer.records.slice(before)).toEqual([HINT]);
    expect(peer.ended).toBe(false);
    const closed = once(server, 'close');
    peer.close();
    await within('close', closed);
  });
});

test('a request that crosses the hint is served, and its connection is not to be used again', async () => {
  await closing(async ({ connect, server }) => {
    const peer = await connect();
    await peer.exchange(request());
    server.close();
    expect((await peer.exchange(request())).body.toString()).toBe('served');
    await hinted(peer, 2);
    expect(typesOf(peer).slice(-5)).toEqual([STDERR, STDOUT, STDOUT, END_REQUEST, STDERR]);
  });
});

test('the hint leaves in one write with FCGI_END_REQUEST', async () => {
  await closing(async ({ connect, server, waiting }) => {
    const peer = await connect();
    peer.send(request({ variables: { REQUEST_URI: '/slow' } }));
    const res = await waiting.wait('the request');
    server.close();
    res.end('finished');
    await hinted(peer, 1);
    expect(typesOf(peer)).toEqual([STDOUT, STDOUT, END_REQUEST, STDERR]);
    expect(peer.chunks).toHaveLength(1);
  });
});

test('a connection on which requests still come after two hints is closed behind a response', async () => {
  await closing(async ({ connect, server }) => {
    const peer = await connect();
    await peer.exchange(request());
    server.close();
    await peer.exchange(request());
    expect((await peer.exchange(request())).body.toString()).toBe('served');
    await peer.closed();
    expect(typesOf(peer).at(-1)).toBe(END_REQUEST);
  });
});

test('a connection that the web server does not let go of is closed after a while', async () => {
  await closing(async ({ connect, server }) => {
    const [used, fresh] = [await connect(), await connect()];
    await used.exchange(request());
    server.close();
    await used.closed();
    await fresh.closed();
    // Nothing was asked on it: whatever came would come before the answer to FCGI_GET_VALUES.
    expect(fresh.records).toEqual([]);
  });
});

test('a connection that was made before close() is served its first request', async () => {
  await closing(async ({ connect, server }) => {
    const peer = await connect();
    await within('a turn', new Promise(setImmediate));
    server.close();
    expect((await peer.exchange(request())).body.toString()).toBe('served');
  });
});

test('a connection of a web server that multiplexes is closed without a hint', async () => {
  await closing(async ({ connect, server }) => {
    const peer = await connect();
    await peer.exchange(request({ id: 2 }), 2);
    server.close();
    await peer.closed();
    expect(typesOf(peer)).not.toContain(STDERR);
  });
});

test('records that belong to no request do not keep a connection from being closed', async () => {
  await closing(async ({ connect, server }) => {
    const peer = await connect();
    await peer.exchange(request());
    server.close();
    await hinted(peer, 1);
    peer.send(record(5, 1, 'the rest of a body'));
    await peer.closed();
  });
});
