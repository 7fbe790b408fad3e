import { MEBIBYTE } from './contents.js';

const PIECE = 16 * 1024;

/** Answers with 1 MiB in writes of 16 KiB, each when there is room for it. */
export function createListener() {
  /** @type {import('node:http').RequestListener} */
  return (_req, res) => {
    res.setHeader('Content-Type', 'application/octet-stream');
    let at = 0;
    const write = () => {
      while (at < MEBIBYTE.length) {
        const piece = MEBIBYTE.subarray(at, at + PIECE);
        at += piece.length;
        if (!res.write(piece)) {
          res.once('drain', write);
          return;
        }
      }
      res.end();
    };
    write();
  };
}
