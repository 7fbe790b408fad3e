import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import Koa from 'koa';
import type { Note } from './log.ts';
import { type Case, listener } from './table.ts';

type Middleware = (ctx: Koa.Context, note: Note, next: Koa.Next) => unknown;

function app(title: string, middleware: Middleware, rest: Partial<Case> = {}): Case {
  const make = (note: Note) => {
    const koa = new Koa();
    koa.silent = true;
    koa.use(async (ctx, next) => {
      await middleware(ctx, note, next);
    });
    return koa.callback();
  };
  return { title, app: listener(make), ...rest };
}

const set =
  (body: unknown): Middleware =>
  (ctx) => {
    ctx.body = body;
  };

export const koaCases: readonly Case[] = [
  app('Koa sends a string', set('text')),
  app('Koa sends HTML', set('<p>html</p>')),
  app('Koa sends a Buffer', set(Buffer.from([1, 2, 3]))),
  app('Koa sends JSON', set({ some: ['json'] })),
  app('Koa sends null as 204', set(null)),
  app('Koa sends a Blob', set(new Blob(['blob']))),
  app('Koa sends a web Response', (ctx) => {
    ctx.body = new Response('from fetch', { status: 201, headers: { 'X-A': '1' } });
  }),
  app('Koa sends a ReadableStream', (ctx) => {
    ctx.body = new Blob(['web stream']).stream();
  }),
  app('Koa sends a stream', (ctx) => {
    ctx.body = Readable.from(['one ', 'two']);
  }),
  app('Koa sends a file', (ctx) => {
    ctx.type = 'text';
    ctx.body = createReadStream(__filename);
  }),
  app('Koa answers 404 by itself', () => {}),
  app('Koa answers HEAD with the length', set('hello'), { requests: [{ method: 'HEAD' }] }),
  app('Koa answers a stream that fails with 404', (ctx) => {
    ctx.body = createReadStream('/nonexistent/file');
  }),
  app('Koa answers ctx.throw() with its status', (ctx) =>
    ctx.throw(403, 'not you', { expose: true }),
  ),
  app('Koa answers an error with 500', () => {
    throw new Error('secret');
  }),
  app(
    'Koa checks freshness',
    (ctx) => {
      ctx.etag = 'one';
      ctx.body = 'fresh';
      if (ctx.fresh) ctx.status = 304;
    },
    {
      requests: [
        { headers: [['If-None-Match', '"one"']] },
        { headers: [['If-None-Match', '"x"']] },
      ],
    },
  ),
  app(
    'Koa knows the client and the request',
    (ctx, note) => {
      note('ctx', [
        ctx.ip,
        ctx.ips,
        ctx.secure,
        ctx.protocol,
        ctx.host,
        ctx.hostname,
        ctx.subdomains,
      ]);
      note('url', [ctx.url, ctx.path, ctx.query, ctx.origin, ctx.href, ctx.URL.search]);
      note('more', [
        ctx.request.length,
        ctx.request.type,
        ctx.is('json'),
        ctx.accepts('html', 'json'),
      ]);
      note('state', [ctx.writable, ctx.headerSent, ctx.request.idempotent]);
      ctx.body = 'ok';
    },
    {
      requests: [
        {
          target: '/a/b?c=d',
          headers: [
            ['Accept', 'application/json'],
            ['X-Forwarded-For', '6.6.6.6'],
          ],
        },
        { method: 'POST', headers: [['Content-Type', 'application/json']], body: '{}' },
      ],
    },
  ),
  app(
    'Koa sets and reads cookies',
    (ctx, note) => {
      note('cookie', ctx.cookies.get('a'));
      ctx.cookies.set('b', '2');
      ctx.cookies.set('c', '3', { httpOnly: false });
      ctx.body = 'ok';
    },
    { requests: [{ headers: [['Cookie', 'a=1']] }] },
  ),
  app('Koa redirects', (ctx) => ctx.redirect('/elsewhere'), {
    requests: [{}, { headers: [['Accept', 'text/html']] }],
  }),
  app('Koa leaves the answer to the listener with ctx.respond = false', (ctx) => {
    ctx.respond = false;
    ctx.res.writeHead(202, { 'X-By': 'hand' });
    setImmediate(() => ctx.res.end('by hand'));
  }),
  app('Koa flushes headers', (ctx) => {
    ctx.type = 'text';
    ctx.status = 200;
    ctx.flushHeaders();
    ctx.body = 'later';
  }),
];
