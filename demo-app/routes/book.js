import express from 'express';
import { readEntryText } from '../entry-text.js';
import { entryView } from '../entry-view.js';
import { problem } from '../errors.js';
import { pageQuery } from '../page-query.js';
import { relativeTime } from '../public/relative-time.js';
import { isOwn, visitorId } from '../session.js';

const ENTRIES_A_PAGE = 10;

/** The book for people: reading, signing, and taking back what one wrote. */
export function bookRoutes({ store, uploads }) {
  const router = express.Router();
  const readForm = [express.urlencoded({ extended: false, limit: '64kb' }), uploads.receive];

  router.get('/', (req, res) => showBook(req, res));

  router.get('/sign', (_req, res) => res.redirect(303, `${res.locals.base}/`));

  router.post('/sign', readForm, sign);

  router.post('/entries/:id/remove', async (req, res) => {
    const entry = store.get(Number(req.params.id));
    if (!entry) throw problem(404, 'That entry is no longer in the book.');
    if (!isOwn(entry, req)) throw problem(403, 'Only the one who wrote an entry may remove it.');
    await store.remove(entry.id);
    await uploads.remove(entry.picture);
    req.session.notice = 'Your entry has been removed.';
    res.redirect(303, `${res.locals.base}/#notice`);
  });

  async function sign(req, res) {
    if (!req.body) throw problem(415, 'Please use the form in the book.');
    const { values, errors } = readEntryText(req.body);
    const { refused } = req.upload ?? {};
    if (refused) errors.picture = refused.message;
    else if (req.upload && Object.keys(errors).length > 0) {
      errors.picture = 'Please choose your picture once more.';
    }
    if (Object.keys(errors).length > 0) {
      await uploads.discard(req.upload);
      res.status(refused?.status ?? 422);
      return showBook(req, res, { values, errors });
    }
    const entry = await write(values, req);
    req.session.name = entry.name;
    req.session.notice = `Thank you, ${entry.name}. Your entry is in the book.`;
    res.redirect(303, `${res.locals.base}/#entry-${entry.id}`);
  }

  async function write(values, req) {
    let picture = null;
    try {
      picture = await uploads.keep(req.upload);
      return await store.add({ ...values, picture, owner: visitorId(req) });
    } catch (error) {
      await uploads.discard(req.upload);
      await uploads.remove(picture);
      throw error;
    }
  }

  function showBook(req, res, { values, errors = {} } = {}) {
    const { before, limit } = pageQuery(req.query, { limit: ENTRIES_A_PAGE, most: 100 });
    const { entries, more } = store.page({ before, limit });
    res.set('Cache-Control', 'private, no-cache');
    res.render('book', {
      entries: entries.map((entry) => entryView(entry, req, res)),
      olderThan: more ? entries.at(-1).id : null,
      newest: before === Number.POSITIVE_INFINITY,
      count: store.count,
      lastId: store.lastId,
      values: values ?? { name: req.session.name ?? '', message: '' },
      errors,
      notice: takeNotice(req),
      client: { address: req.ip, protocol: req.protocol },
      relativeTime,
    });
  }

  return router;
}

/** Shown once. */
function takeNotice(req) {
  const { notice } = req.session;
  if (notice) delete req.session.notice;
  return notice;
}
