import { cut, events, hold, rendezvous, swallow } from './live.mjs';
import { aboutProcess, pass } from './process.mjs';
import { download, pieces, refuse, sips, upload } from './transfers.mjs';

/** What a listener and an Express application answer with the same code. */
export const routes = {
  'GET /download': download,
  'PUT /upload': upload,
  'POST /pieces': pieces,
  'POST /sips': sips,
  'POST /refuse': refuse,
  'GET /events': events,
  'GET /hold': hold,
  'POST /hold': hold,
  'POST /swallow': swallow,
  'GET /cut': cut,
  'GET /rendezvous': rendezvous,
  'GET /complain': complain,
  'GET /grumble': grumble,
  'GET /report': report,
  'GET /process': aboutProcess,
  'GET /pass': pass,
};

/** Complains, and answers when that has been sent; the query makes the complaint longer. */
function complain(req, res) {
  const { stderr } = req.fastcgi;
  const query = req.url.split('?')[1] ?? '';
  stderr.end(`The cellar is flooded.${query}\n`);
  setTimeout(() => res.end('Complained.'), 20);
}

/** Complains and answers in one breath. */
function grumble(req, res) {
  req.fastcgi.stderr.end('The attic is draughty.\n');
  res.end('Grumbled.');
}

/** Has nginx send a file. */
function report(_req, res) {
  res.setHeader('X-Accel-Redirect', '/protected/report.txt');
  res.setHeader('Content-Type', 'text/plain');
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.end();
}
