import plain from './plain.mjs';
import { upload } from './transfers.mjs';

const PIECE = 'x'.repeat(64 * 1024);

/** The plain listener, and answers that take their time. It remembers nothing about any request. */
export default () => {
  const listener = plain();
  const own = {
    '/upload': patientUpload,
    '/endless': endless,
    '/never': () => {},
    '/half': half,
    '/pieces-of': piecesOf,
  };
  return (req, res) => {
    const [path] = req.url.replace(/^\/live\//, '/').split('?');
    (own[path] ?? listener)(req, res);
  };
};

/** Bears that the client goes away: else that would be an exception that nobody catches. */
function patientUpload(req, res) {
  upload(req, res).catch(() => res.destroy());
}

/** Writes for as long as somebody reads. */
function endless(_req, res) {
  res.setHeader('X-Accel-Buffering', 'no');
  const write = () => {
    while (!res.destroyed && res.write(PIECE));
  };
  res.on('drain', write);
  write();
}

/** Gives its answer up in the middle. */
function half(_req, res) {
  res.setHeader('X-Accel-Buffering', 'no');
  res.write('half');
  setTimeout(() => res.destroy(), 5);
}

/** 1 MiB in 16 pieces. */
function piecesOf(_req, res) {
  let pieces = 0;
  const write = () => {
    while (pieces < 16) {
      pieces++;
      if (!res.write(PIECE)) return void res.once('drain', write);
    }
    res.end();
  };
  write();
}
