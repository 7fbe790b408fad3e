import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import os from 'node:os';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createGateway } from '../../src/gateway/index.ts';
import { outgoingBody } from '../../src/gateway/request-body.ts';
import { within } from '../support/deadline.ts';
import { answer, type FakePeer, faking } from '../support/fake-application.ts';
import { fetchHead, listening, send } from '../support/http-client.ts';
import { PARAMS } from '../support/wire.ts';
import { type SiteSetup, withSite } from './site.ts';

const files = { 'a.php': '' };
const chunked = { 'Transfer-Encoding': 'chunked' };

const tellBody = (peer: FakePeer) => {
  const { CONTENT_LENGTH } = peer.params;
  const { length } = peer.stdin;
  const body = peer.stdin.toString('latin1', 0, 100);
  peer.send(answer(`X: 1\n\n${JSON.stringify({ CONTENT_LENGTH, length, body })}`));
};

async function post(setup: SiteSetup, headers: http.OutgoingHttpHeaders, body: string | Buffer) {
  return withSite({ files, onRequest: tellBody, ...setup }, async ({ get, asked, gateway }) => {
    const errors: Error[] = [];
    gateway.on('gatewayError', (error) => errors.push(error));
    const answered = await get('/a.php', { method: 'POST', headers }, body);
    return { ...answered, status: answered.res.statusCode, asked: asked.length, errors };
  });
}

describe('maxBodySize', () => {
  const limit = { maxBodySize: 5 };

  test.each<[string, SiteSetup, http.OutgoingHttpHeaders]>([
    ['a length', {}, {}],
    ['no length', {}, chunked],
    ['no length, passed on as it comes', { bufferRequests: false }, chunked],
  ])('lets a body of %s pass up to the limit', async (_, setup, headers) => {
    const { status, body } = await post({ ...limit, ...setup }, headers, 'hello');
    expect([status, JSON.parse(body)]).toMatchObject([200, { length: 5, body: 'hello' }]);
  });

  test.each<[string, SiteSetup, http.OutgoingHttpHeaders]>([
    ['a length', {}, {}],
    ['no length', {}, chunked],
    ['no length, passed on as it comes', { bufferRequests: false }, chunked],
  ])('answers 413 to a body of %s over the limit', async (_, setup, headers) => {
    const { status, body, asked, errors } = await post({ ...limit, ...setup }, headers, 'hello!');
    expect([status, asked]).toEqual([413, 0]);
    expect(body).toBe(
      '413 Payload Too Large\nERR_FCGI_BODY_SIZE: The request body has more than 5 bytes\n',
    );
    expect(errors).toMatchObject([{ code: 'ERR_FCGI_BODY_SIZE', limit: 5 }]);
  });

  test('destroys the connection if the head of the answer has left by then', () =>
    faking(
      (peer) => void peer.send(answer('X: 1\n\npart').subarray(0, 20)),
      ({ path }) =>
        listening(createGateway(path, limit), async (gateway) => {
          const told = once(gateway, 'gatewayError');
          const req = send(gateway, { method: 'POST', headers: chunked });
          req.write('12345');
          const [res] = await within('the head', once(req, 'response'));
          req.write('6');
          await expect(within('the body', text(res))).rejects.toMatchObject({ code: 'ECONNRESET' });
          const [error] = await within('gatewayError', told);
          expect(error).toMatchObject({ code: 'ERR_FCGI_BODY_SIZE' });
        }),
      { at: PARAMS },
    ));

  test('reads on after 413, so that the client gets it, and its next request too', () =>
    withSite({ files, onRequest: tellBody, ...limit }, async ({ gateway }) => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const options = { path: '/a.php', method: 'POST', agent };
      try {
        for (const headers of [{}, chunked]) {
          const long = await fetchHead(gateway, { ...options, headers }, Buffer.alloc(3_000_000));
          expect(long.statusCode).toBe(413);
          await within('the body', text(long));
          const short = await fetchHead(gateway, { ...options, headers }, 'hello');
          expect(JSON.parse(await within('the body', text(short)))).toMatchObject({ length: 5 });
        }
      } finally {
        agent.destroy();
      }
    }));

  test.each([
    ['5', 'hello', ['continue', 200]],
    ['6', '', ['answer', 413]],
  ])('lets a client continue with a Content-Length of %s, or not', (length, body, expected) =>
    withSite({ files, onRequest: tellBody, ...limit }, async ({ gateway }) => {
      const headers = { Expect: '100-continue', 'Content-Length': length };
      const req = send(gateway, { path: '/a.php', method: 'POST', headers });
      const response = once(req, 'response') as Promise<[IncomingMessage]>;
      req.flushHeaders();
      const first = await within(
        'an answer',
        Promise.race([once(req, 'continue').then(() => 'continue'), response.then(() => 'answer')]),
      );
      if (first === 'continue') req.end(body);
      const [res] = await within('the head', response);
      expect([first, res.statusCode]).toEqual(expected);
      req.destroy();
    }),
  );

  test.each([-1, Number.NaN, '5'])('refuses %p', (maxBodySize) => {
    const options = { maxBodySize: maxBodySize as number };
    expect(() => createGateway('/app.sock', options)).toThrow(RangeError);
  });
});

describe('bufferRequests', () => {
  test('gives a chunked body to a script with its length', async () => {
    const { body } = await post({}, chunked, 'hello');
    expect(JSON.parse(body)).toEqual({ CONTENT_LENGTH: '5', length: 5, body: 'hello' });
  });

  test('gives an empty one the length 0', async () => {
    const { body } = await post({}, chunked, '');
    expect(JSON.parse(body)).toEqual({ CONTENT_LENGTH: '0', length: 0, body: '' });
  });

  test('holds a large one in a file', async () => {
    const { body } = await post({}, chunked, Buffer.alloc(3_000_000, 'b'));
    expect(JSON.parse(body)).toMatchObject({ CONTENT_LENGTH: '3000000', length: 3_000_000 });
  });

  test('is off without scripts, and when it is told so', async () => {
    for (const setup of [{ bufferRequests: false }, { scripts: false as const }]) {
      const { body } = await post(setup, chunked, 'hello');
      expect(JSON.parse(body)).toMatchObject({ CONTENT_LENGTH: '', length: 5 });
    }
  });

  test('answers 503 if the body cannot be stored', async () => {
    const tmpdir = jest.spyOn(os, 'tmpdir');
    try {
      await withSite({ files, onRequest: tellBody }, async ({ get, asked }) => {
        tmpdir.mockReturnValue('/nowhere');
        const options = { method: 'POST', headers: chunked };
        const { res, body } = await get('/a.php', options, Buffer.alloc(3_000_000));
        expect([res.statusCode, asked.length]).toEqual([503, 0]);
        expect(body).toContain('ERR_FCGI_BODY_SPOOL');
      });
    } finally {
      tmpdir.mockRestore();
    }
  });

  test('a client that goes away before the end of its body is no failure', () =>
    withSite({ files }, async ({ gateway, asked }) => {
      const errors: Error[] = [];
      gateway.on('gatewayError', (error) => errors.push(error));
      const begun = once(gateway, 'request') as unknown as Promise<[IncomingMessage]>;
      const req = send(gateway, { path: '/a.php', method: 'POST', headers: chunked });
      req.write('part');
      const [seen] = await within('the request', begun);
      const closed = new Promise((resolve) => seen.socket.on('close', resolve));
      req.destroy();
      await within('the end of the connection', closed);
      expect((await fetchHead(gateway, { path: '/none' })).statusCode).toBe(404);
      expect([asked, errors]).toEqual([[], []]);
    }));
});

test('a body that breaks off is not waited for', async () => {
  const req = Object.assign(new PassThrough(), { headers: { 'transfer-encoding': 'chunked' } });
  const options = { maxBodySize: 10, bufferRequests: true };
  const body = outgoingBody(req as unknown as IncomingMessage, options);
  req.destroy(new Error('broken off'));
  await expect(within('the body', body)).rejects.toThrow('broken off');
});

test.each([
  [100, 200],
  [3000, 431],
])('a header of %d bytes is answered %d with a maxHeaderSize of 2000', (size, status) =>
  withSite({ files, maxHeaderSize: 2000 }, async ({ get }) => {
    const { res } = await get('/a.php', { headers: { 'X-A': 'a'.repeat(size) } });
    expect(res.statusCode).toBe(status);
  }),
);
