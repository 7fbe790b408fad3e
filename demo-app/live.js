import { entryView } from './entry-view.js';

const MOST_REPLAYED = 100;
const MOST_UNREAD_BYTES = 1024 * 1024;

/** Sends every change of the book to all pages that have it open, as server-sent events. */
export function createLive({ store, heartbeatMs }) {
  const pages = new Set();
  const sendAll = (write) => {
    for (const page of pages) write(page);
  };
  store.on('added', (entry) => sendAll((page) => page.added(entry)));
  store.on('removed', (id) => sendAll((page) => page.removed(id)));

  return {
    get size() {
      return pages.size;
    },

    join(req, res) {
      res.set({
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-cache',
        'X-Accel-Buffering': 'no',
      });
      if (req.method === 'HEAD') return res.end();
      const page = openPage(req, res);
      page.write('retry: 3000\n\n');
      for (const entry of store.after(lastSeen(req) ?? store.lastId, MOST_REPLAYED)) {
        page.added(entry);
      }
      pages.add(page);
      const heartbeat = setInterval(() => page.write(': still here\n\n'), heartbeatMs);
      res.on('close', () => {
        clearInterval(heartbeat);
        pages.delete(page);
      });
    },

    close() {
      for (const page of pages) page.end();
    },
  };
}

function openPage(req, res) {
  const write = (text) => {
    res.write(text);
    if (res.writableLength > MOST_UNREAD_BYTES) res.destroy();
  };
  return {
    write,
    added(entry) {
      write(
        `id: ${entry.id}\nevent: entry\ndata: ${JSON.stringify(entryView(entry, req, res))}\n\n`,
      );
    },
    removed(id) {
      write(`event: removed\ndata: ${JSON.stringify({ id })}\n\n`);
    },
    end() {
      res.end();
    },
  };
}

/** A page says in its first address what it already shows, and its browser in a header from then on. */
function lastSeen(req) {
  const id = req.get('Last-Event-ID') ?? req.query.after;
  return /^\d{1,15}$/.test(id) ? Number(id) : undefined;
}
