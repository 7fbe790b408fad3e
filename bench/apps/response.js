import { MEBIBYTE } from './contents.js';

/** Answers with 1 MiB in one piece. */
export function createListener() {
  /** @type {import('node:http').RequestListener} */
  return (_req, res) => {
    res.setHeader('Content-Type', 'application/octet-stream');
    res.end(MEBIBYTE);
  };
}
