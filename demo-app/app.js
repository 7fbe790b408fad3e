import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';
import express from 'express';
import { notFound, showProblem } from './errors.js';
import { createLive } from './live.js';
import { apiRoutes } from './routes/api.js';
import { bookRoutes } from './routes/book.js';
import { requireSameOrigin } from './same-origin.js';
import { securityHeaders } from './security-headers.js';
import { rememberVisitor } from './session.js';
import { openStore } from './store.js';
import { createUploads } from './uploads.js';

/**
 * The guestbook. Everything it remembers lies in `dataFolder`, which belongs to one process at a
 * time. `app.locals.close()` ends the live streams, so that a server can stop in good order.
 *
 * @param {{ dataFolder: string, heartbeatMs?: number, log?: Pick<Console, 'warn' | 'error'> }} options
 */
export function createApp({ dataFolder, heartbeatMs = 25_000, log = console }) {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const store = openStore(dataFolder, log);
  const uploads = createUploads(dataFolder);
  if (store.complete) uploads.sweep(store.pictures());
  const live = createLive({ store, heartbeatMs });

  const app = express();
  app.disable('x-powered-by');
  app.engine('ejs', ejs.renderFile);
  app.set('view engine', 'ejs');
  app.set('views', join(import.meta.dirname, 'views'));
  app.enable('view cache');
  app.locals.live = live;
  app.locals.close = async () => {
    live.close();
    await store.settled();
  };

  app.use(securityHeaders, noteBase);
  app.use('/static', express.static(join(import.meta.dirname, 'public'), { maxAge: '1h' }));
  app.use('/pictures', uploads.serve);
  app.use(rememberVisitor(dataFolder), requireSameOrigin);
  app.get('/events', live.join);
  app.use('/api', apiRoutes({ store, uploads }));
  app.use(bookRoutes({ store, uploads }));
  app.use(notFound);
  app.use(showProblem(log));
  return app;
}

/** Routers further in have a longer `req.baseUrl`, so every link starts from what it is here. */
function noteBase(req, res, next) {
  res.locals.base = req.baseUrl;
  next();
}
