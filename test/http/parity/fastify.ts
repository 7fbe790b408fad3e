import { Readable } from 'node:stream';
import fastify, { type FastifyInstance } from 'fastify';
import type { Note } from './log.ts';
import type { WireRequest } from './message.ts';
import type { App, Case } from './table.ts';

type Build = (app: FastifyInstance, note: Note) => unknown;

function fastifyApp(build: Build): App {
  return async ({ createServer, note }) => {
    const app = fastify({
      bodyLimit: 1000,
      serverFactory: (handler) => createServer(handler as never),
    });
    await build(app, note);
    return {
      server: app.server,
      listen: () => app.listen({ port: 0, host: '127.0.0.1' }),
      close: async () => {
        await app.close();
        note('closed', app.server.listening);
      },
    };
  };
}

function app(title: string, build: Build, ...requests: WireRequest[]): Case {
  return { title, app: fastifyApp(build), ...(requests.length > 0 && { requests }) };
}

const json = (body: string): WireRequest => ({
  method: 'POST',
  headers: [['Content-Type', 'application/json']],
  body,
});

const echo: Build = (app) => app.post('/', async (request) => ({ body: request.body }));

export const fastifyCases: readonly Case[] = [
  app('Fastify sends JSON', (app) => app.get('/', async () => ({ hello: 'world' }))),
  app('Fastify answers HEAD for GET routes', (app) => app.get('/', async () => 'text'), {
    method: 'HEAD',
  }),
  app('Fastify serializes by a schema', (app) =>
    app.get(
      '/',
      {
        schema: { response: { 200: { type: 'object', properties: { kept: { type: 'number' } } } } },
      },
      async () => ({ kept: 1, dropped: 2 }),
    ),
  ),
  app(
    'Fastify checks parameters by a schema',
    (app) =>
      app.get(
        '/:id',
        { schema: { params: { type: 'object', properties: { id: { type: 'integer' } } } } },
        async ({ params }) => params as object,
      ),
    { target: '/12' },
    { target: '/twelve' },
  ),
  app('Fastify sends a stream', (app) =>
    app.get(
      '/',
      (_request, reply) => void reply.type('text/plain').send(Readable.from(['a', 'b'])),
    ),
  ),
  app('Fastify sends a Buffer', (app) =>
    app.get('/', (_request, reply) => void reply.send(Buffer.from('bytes'))),
  ),
  app('Fastify sends a web Response', (app) =>
    app.get('/', async () => new Response('web', { status: 201, headers: { 'x-a': '1' } })),
  ),
  app('Fastify sends several cookies and redirects', (app) => {
    app.get('/', (_request, reply) =>
      reply.header('set-cookie', 'a=1').header('set-cookie', 'b=2').redirect('/next'),
    );
  }),
  app('Fastify hijacks the reply', (app) =>
    app.get('/', (_request, reply) => {
      reply.hijack();
      reply.raw.end('raw');
    }),
  ),
  app(
    'Fastify reads JSON, and refuses what is malformed, too long or of another type',
    echo,
    json('{"a":[1]}'),
    json('{"a":'),
    json(''),
    json(JSON.stringify('x'.repeat(1200))),
    { method: 'POST', headers: [['Content-Type', 'image/png']], body: 'x' },
    { method: 'POST', headers: [['Content-Type', 'text/plain']], body: 'plain' },
  ),
  {
    title: 'Fastify reads a chunked body, and refuses one that is too long',
    apart: true,
    app: fastifyApp(echo),
    requests: [
      { ...json(''), body: ['{"a"', ':1}'], streams: true },
      { ...json(''), body: [`"${'x'.repeat(1200)}"`], streams: true },
    ],
  },
  app(
    'Fastify uses content type parsers of its own',
    (app) => {
      app.addContentTypeParser('text/csv', { parseAs: 'string' }, (_request, body, done) =>
        done(null, (body as string).split(',')),
      );
      return echo(app, () => {});
    },
    { method: 'POST', headers: [['Content-Type', 'text/csv']], body: 'a,b,c' },
  ),
  app('Fastify runs its hooks', (app, note) => {
    app.addHook('onRequest', async () => note('onRequest'));
    app.addHook('preHandler', async () => note('preHandler'));
    app.addHook('onSend', async (_request, reply, payload) => {
      note('onSend');
      reply.header('x-hook', 'yes');
      return payload;
    });
    app.addHook('onResponse', async (_request, reply) => note('onResponse', reply.statusCode));
    app.get('/', async () => 'ok');
  }),
  app(
    'Fastify answers 404 and errors by itself',
    (app) => {
      app.get('/throws', async () => {
        throw new Error('wrong');
      });
      app.get('/status', async () => {
        throw Object.assign(new Error('pot'), { statusCode: 418 });
      });
    },
    { target: '/throws' },
    { target: '/status' },
    { target: '/none' },
  ),
  app(
    'Fastify knows the client and the request',
    (app, note) => {
      app.get('/', async (request) => {
        note('request', [
          request.ip,
          request.ips,
          request.host,
          request.hostname,
          request.protocol,
        ]);
        note('url', [request.url, request.originalUrl, request.query]);
        return 'ok';
      });
    },
    { target: '/?a=b', headers: [['X-Forwarded-For', '6.6.6.6']] },
  ),
  app('Fastify knows its server', (app, note) => {
    app.get('/', async () => {
      const address = app.server.address() as { address: string; port: number };
      note('server', [app.server.listening, address.address, address.port > 0]);
      note('addresses', app.addresses().length);
      return 'ok';
    });
  }),
];
