import { note, onCommand } from './control.mjs';
import { query } from './query.mjs';

/** Server-sent events, each sent when the test says so. */
export function events(req, res) {
  const { id } = query(req);
  res.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache',
    'X-Accel-Buffering': 'no',
  });
  res.write(': welcome\n\n');
  noteEnd(req, res, id);
  onCommand('send', id, (data) => res.write(`data: ${data}\n\n`));
  onCommand('end', id, () => res.end());
}

/** Waits with its answer until the test says so; with `begun` a first part of it goes at once. */
export function hold(req, res) {
  const { id, begun } = query(req);
  res.setHeader('X-Accel-Buffering', 'no');
  noteEnd(req, res, id);
  if (begun) res.write('The beginning, ');
  onCommand('release', id, () => res.end('and the end.'));
  note('arrived', id, { requestId: req.fastcgi.id });
}

/** Reads a body until the client goes away. */
export function swallow(req, res) {
  const { id } = query(req);
  noteEnd(req, res, id);
  // As `http` does, a body that is cut off ends in an error.
  req.on('error', () => {});
  req.once('data', () => note('arrived', id));
  req.on('end', () => res.end());
}

/** Begins an answer and gives it up when the test says so. */
export function cut(req, res) {
  const { id, bytes, framing, buffering } = query(req);
  if (framing === 'length') res.setHeader('Content-Length', 2 * bytes);
  if (buffering === 'no') res.setHeader('X-Accel-Buffering', 'no');
  res.write('A'.repeat(bytes));
  note('begun', id);
  onCommand('cut', id, () => res.destroy());
}

const parties = new Map();

/** Answers when `guests` requests are under way at once. */
export function rendezvous(req, res) {
  const { id, party, guests } = query(req);
  const waiting = parties.get(party) ?? [];
  parties.set(party, waiting);
  waiting.push(() => res.end(`Guest ${id} of ${waiting.length}`));
  if (waiting.length === Number(guests)) for (const answer of waiting) answer();
}

/** Notes how the request ended, as the application sees it. */
function noteEnd(req, res, id) {
  let aborted = false;
  req.on('aborted', () => {
    aborted = true;
  });
  res.on('close', () => {
    note('ended', id, {
      aborted,
      signal: req.fastcgi.signal.aborted,
      complete: res.writableFinished,
    });
  });
}
