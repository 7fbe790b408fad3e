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
