import express from 'express';
import { readEntryText } from '../entry-text.js';
import { entryView } from '../entry-view.js';
import { notFound, problem } from '../errors.js';
import { pageQuery } from '../page-query.js';
import { isOwn, visitorId } from '../session.js';

/** The book for programs: the same entries and the same rules, as JSON. */
export function apiRoutes({ store, uploads }) {
  const router = express.Router();
  const find = (req) => {
    const entry = /^\d{1,15}$/.test(req.params.id) && store.get(Number(req.params.id));
    return entry || throwNoSuchEntry();
  };

  router.use((_req, res, next) => {
    res.set('Cache-Control', 'private, no-cache');
    next();
  });

  router.get('/entries', (req, res) => {
    const { before, limit } = pageQuery(req.query, { limit: 20, most: 100 });
    const { entries, more } = store.page({ before, limit });
    const next = `${res.locals.base}/api/entries?before=${entries.at(-1)?.id}&limit=${limit}`;
    res.json({
      entries: entries.map((entry) => entryView(entry, req, res)),
      next: more ? next : null,
    });
  });

  router.get('/entries/:id', (req, res) => {
    res.json(entryView(find(req), req, res));
  });

  router.post('/entries', express.json({ limit: '64kb' }), async (req, res) => {
    const { values, errors } = readEntryText(jsonObject(req));
    if (Object.keys(errors).length > 0) {
      throw problem(422, 'The entry cannot be taken as it is.', errors);
    }
    const entry = await store.add({ ...values, picture: null, owner: visitorId(req) });
    req.session.name = entry.name;
    res.status(201).location(`${res.locals.base}/api/entries/${entry.id}`);
    res.json(entryView(entry, req, res));
  });

  router.delete('/entries/:id', async (req, res) => {
    const entry = find(req);
    if (!isOwn(entry, req)) throw problem(403, 'Only the one who wrote an entry may remove it.');
    await store.remove(entry.id);
    await uploads.remove(entry.picture);
    res.status(204).end();
  });

  router.use(notFound);
  return router;
}

function throwNoSuchEntry() {
  throw problem(404, 'There is no such entry.');
}

function jsonObject(req) {
  const type = req.is('application/json');
  if (type === false) throw problem(415, 'Send the entry as application/json.');
  if (!req.body || typeof req.body !== 'object' || Array.isArray(req.body)) {
    throw problem(400, 'Send the entry as a JSON object.');
  }
  return req.body;
}
