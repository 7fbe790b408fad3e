import type { ServerResponse } from 'node:http';
import type { RequestContext } from '../../src/index.ts';
import { Deferred } from '../support/deferred.ts';
import { serving } from '../support/serve.ts';
import { END_REQUEST, request, STDERR, STDOUT } from '../support/wire.ts';

test('req.fastcgi tells id, role, keepConnection and params', async () => {
  await serving(
    (req, res) => {
      const { id, role, keepConnection, params } = req.fastcgi as RequestContext;
      expect(params).toBe(req.fastcgi?.params);
      expect(Object.getPrototypeOf(params)).toBeNull();
      res.end(JSON.stringify({ id, role, keepConnection, ...params }));
    },
    async ({ connect }) => {
      const variables = {
        REQUEST_URI: '/',
        MY_OWN: 'caf\xe9',
        ['__proto__']: 'data',
        constructor: '1',
      };
      const answer = await (await connect()).exchange(
        request({ id: 300, flags: 0, variables: Object.fromEntries(Object.entries(variables)) }),
        300,
      );
      const told = JSON.parse(answer.body.toString());
      expect(told).toMatchObject({
        id: 300,
        role: 1,
        keepConnection: false,
        REQUEST_METHOD: 'GET',
        MY_OWN: 'caf\xe9',
        constructor: '1',
      });
    },
  );
});

test('a variable named __proto__ is data', async () => {
  await serving(
    (req, res) => {
      const params = req.fastcgi?.params as Record<string, string>;
      res.end(
        `${Reflect.get(params, '__proto__')} ${req.headers['--proto--']} ${typeof req.headers.constructor}`,
      );
    },
    async ({ connect }) => {
      const variables = Object.fromEntries([
        ['__proto__', 'own'],
        ['HTTP___PROTO__', 'header'],
        ['HTTP_CONSTRUCTOR', 'string'],
      ]);
      Object.defineProperty(variables, '__proto__', { value: 'own', enumerable: true });
      const answer = await (await connect()).exchange(request({ variables }));
      expect(answer.body.toString()).toBe('own header string');
    },
  );
});

test('req.fastcgi.stderr goes to the web server as FCGI_STDERR', async () => {
  await serving(
    (req, res) => {
      req.fastcgi?.stderr.write('first\n');
      req.fastcgi?.stderr.end('second\n', () => res.end('done'));
    },
    async ({ connect }) => {
      const peer = await connect();
      const answer = await peer.exchange(request());
      expect(answer.stderr).toBe('first\nsecond\n');
      expect(answer.body.toString()).toBe('done');
      const empty = peer.records.filter(({ content }) => content.length === 0);
      expect(empty.map(({ type }) => type).sort()).toEqual([STDOUT, STDERR]);
      expect(peer.records.at(-1)?.type).toBe(END_REQUEST);
    },
  );
});

test('what is written to stderr in the turn in which the response ends comes before the end', async () => {
  const callbacks: string[] = [];
  await serving(
    (req, res) => {
      const stderr = req.fastcgi?.stderr;
      stderr?.write('first\n', () => callbacks.push('first'));
      stderr?.write('second\n', () => callbacks.push('second'));
      res.end('done');
    },
    async ({ connect }) => {
      const answer = await (await connect()).exchange(request());
      expect([answer.stderr, answer.body.toString()]).toEqual(['first\nsecond\n', 'done']);
      expect(callbacks).toEqual(['first', 'second']);
    },
  );
});

test('stderr waits for the web server to read, and what waits still comes before the end', async () => {
  const lines = 64;
  const line = `${'x'.repeat(64 * 1024 - 1)}\n`;
  const written = new Deferred<[writable: boolean, res: ServerResponse]>();
  await serving(
    (req, res) => {
      const stderr = req.fastcgi?.stderr;
      let writable = true;
      for (let i = 0; i < lines; i++) writable = stderr?.write(line) ?? false;
      written.resolve([writable, res]);
    },
    async ({ connect }) => {
      const peer = await connect();
      peer.socket.pause();
      peer.send(request());
      const [writable, res] = await written.wait('the listener');
      expect(writable).toBe(false);
      res.end('done');
      peer.socket.resume();
      const answer = await peer.answer();
      expect(answer.stderr).toBe(line.repeat(lines));
      expect(answer.body.toString()).toBe('done');
    },
  );
});

test("stderr emits 'drain' when the web server has read", async () => {
  await serving(
    (req, res) => {
      const stderr = req.fastcgi?.stderr;
      stderr?.write(Buffer.alloc(8 * 1024 * 1024, 'x'));
      stderr?.once('drain', () => res.end('done'));
    },
    async ({ connect }) => {
      const answer = await (await connect()).exchange(request());
      expect(answer.stderr).toHaveLength(8 * 1024 * 1024);
    },
  );
});

test('what is written to stderr after the request is thrown away', async () => {
  const written = new Deferred<void>();
  await serving(
    (req, res) => {
      res.on('close', () => req.fastcgi?.stderr.write('too late', () => written.resolve()));
      res.end('done');
    },
    async ({ connect }) => {
      const peer = await connect();
      await peer.exchange(request());
      await written.wait('the write');
      await peer.exchange(request({ id: 2 }), 2);
      expect(peer.records.filter(({ type }) => type === STDERR)).toEqual([]);
    },
  );
});
