import connect, { type Server } from 'connect';
import type { Note } from './log.ts';
import { type Case, listener } from './table.ts';

function app(
  title: string,
  build: (app: Server, note: Note) => void,
  rest: Partial<Case> = {},
): Case {
  const make = (note: Note) => {
    const made = connect();
    build(made, note);
    return made;
  };
  return { title, app: listener(make), ...rest };
}

export const connectCases: readonly Case[] = [
  app('Connect runs its middleware in turn', (app) => {
    app.use((_req, res, next) => {
      res.setHeader('X-First', '1');
      next();
    });
    app.use((_req, res) => void res.end('second'));
  }),
  app(
    'Connect strips the mount path',
    (app, note) => {
      app.use('/blog', (req, res) => {
        note('url', [req.url, req.originalUrl]);
        res.end();
      });
    },
    { requests: [{ target: '/blog/post?id=1' }, { target: '/other' }] },
  ),
  app('Connect answers 404 by itself', () => {}, {
    requests: [{ target: '/missing?<b>' }, { method: 'HEAD' }, { method: 'POST', body: 'unread' }],
  }),
  app('Connect answers a thrown error with its status', (app) => {
    app.use(() => {
      throw Object.assign(new Error('Teapot'), {
        status: 418,
        headers: { 'X-Pot': 'tea' },
        stack: 's',
      });
    });
  }),
  app('Connect hands errors to error middleware', (app, note) => {
    app.use((_req, _res, next) => next(new Error('wrong')));
    app.use(
      (error: Error, _req: unknown, res: import('node:http').ServerResponse, _next: unknown) => {
        note('error', error.message);
        res.statusCode = 503;
        res.end('handled');
      },
    );
  }),
  app('Connect cuts off an answer that fails midway', (app) => {
    app.use((_req, res, next) => {
      res.write('half', () => next(new Error('too late')));
    });
  }),
];
