/*
 * The process whose memory is measured. Its arguments are how it serves (`http`, or the URL of a build of this package),
 * the application and the path it listens on; over IPC it is told `collect` and `answer`, and tells `done`.
 */

import { createServer } from 'node:http';
import { MEBIBYTE } from '../apps/contents.js';

const PIECE = MEBIBYTE.subarray(0, 64 * 1024);

/** @type {(() => void)[]} */
const held = [];

/** @type {Readonly<Record<string, import('node:http').RequestListener>>} */
const apps = {
  plain: (_req, res) => {
    res.end('Hello, World!');
  },
  /** Answers the first requests, which warm up, and the others when told. */
  slow: (req, res) => {
    if (req.headers['x-slow']) held.push(() => res.end('Hello, World!'));
    else res.end('Hello, World!');
  },
  stream: (req, res) => {
    let left = Number(req.headers['x-mebibytes'] ?? 0) * MEBIBYTE.length;
    const write = () => {
      while (left > 0) {
        left -= PIECE.length;
        if (!res.write(PIECE)) {
          res.once('drain', write);
          return;
        }
      }
      res.end();
    };
    write();
  },
};

const [how = 'http', app = 'plain', socket = ''] = process.argv.slice(2);
const listener = /** @type {import('node:http').RequestListener} */ (apps[app]);
const server =
  how === 'http'
    ? // Connections that idle are what is measured.
      createServer({ keepAliveTimeout: 0 }, listener)
    : (await import(how)).createServer(listener);

server.listen(socket, () => process.send?.('done'));

process.on('message', async (message) => {
  if (message === 'answer') for (const answer of held.splice(0)) answer();
  if (message === 'collect') {
    // What is freed in one collection may be what holds something else.
    for (let i = 0; i < 3; i++) {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  process.send?.('done');
});
