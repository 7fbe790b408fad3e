import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { answer } from './plain.ts';
import type { Case } from './table.ts';

const THIS_FILE = __filename;
const MIB = Buffer.alloc(1024 * 1024, 'a megabyte of text ');

/** Bodies, and what frames them. */
export const responses: readonly Case[] = [
  answer('end(string) gets a Content-Length', (res) => res.end('hello')),
  answer('end(string, encoding) is decoded', (res) => res.end('68656c6c6f', 'hex')),
  answer('end(Buffer) gets a Content-Length', (res) => res.end(Buffer.from([0, 1, 255]))),
  answer('end() alone has an empty body', (res) => res.end()),
  answer('end(callback) calls back after the response', (res, note) =>
    res.end(() => note('ended')),
  ),
  answer('the length of UTF-8 is counted in bytes', (res) => res.end('čaj ☕')),
  answer('several writes come in order', (res) => {
    res.write('one ');
    res.write(Buffer.from('two '));
    res.write('dGhyZWU=', 'base64');
    res.end(' four');
  }),
  answer('write() of nothing is refused or ignored', (res, note) => {
    note('empty', res.write(''));
    try {
      res.write(null as never);
    } catch (error) {
      note('null', error);
    }
    try {
      res.write(5 as never);
    } catch (error) {
      note('number', error);
    }
    res.end();
  }),
  answer(
    'write() returns true for little, calls back in order, and reports its state',
    (res, note) => {
      note('sent', res.headersSent);
      note(
        'write',
        res.write('1', () => note('first')),
      );
      note('sent', [res.headersSent, res.writableEnded, res.writableFinished, res.writable]);
      res.write('2', () => note('second'));
      res.end('3', () => note('third'));
      note('ended', [res.headersSent, res.writableEnded, res.writableFinished, res.writable]);
    },
  ),
  answer('writes of later turns come in order', async (res, note) => {
    for (const piece of ['a', 'b', 'c']) {
      await new Promise<void>((done) => {
        res.write(piece, () => done());
      });
      note('wrote', piece);
    }
    res.end();
  }),
  answer('cork() and uncork() change nothing that is seen', (res, note) => {
    res.cork();
    res.write('one');
    note('corked', res.writableCorked > 0);
    res.write('two');
    process.nextTick(() => {
      res.uncork();
      res.end('three');
    });
  }),
  answer('the socket counts how often it is corked, and end() uncorks it', (res, note) => {
    const { socket } = res;
    const corked = () => socket?.writableCorked;
    res.cork();
    res.cork();
    note('corked', corked());
    res.uncork();
    note('uncorked once', corked());
    res.end(Buffer.from('body'));
    note('ended', corked());
  }),
  answer('a body of one megabyte comes whole', (res) => res.end(MIB)),
  answer('write() returns false for much, and drain follows', (res, note) => {
    note('write', res.write(MIB));
    note('needs drain', res.writableNeedDrain);
    res.once('drain', () => {
      note('needs drain', res.writableNeedDrain);
      res.end();
    });
  }),
  answer('a Content-Length set by hand is kept', (res) => {
    res.setHeader('Content-Length', 5);
    res.write('he');
    res.end('llo');
  }),
  answer('flushHeaders() sends the head before the body', (res, note) => {
    res.setHeader('X-A', '1');
    res.flushHeaders();
    note('sent', res.headersSent);
    setImmediate(() => res.end('late'));
  }),
  answer('a file is piped', (res) => createReadStream(THIS_FILE).pipe(res)),
  answer('pipeline() compresses and calls back', (res, note) => {
    res.setHeader('Content-Encoding', 'gzip');
    pipeline(Readable.from(['some ', 'text']), createGzip(), res, (error) =>
      note('done', error ?? 'ok'),
    );
  }),
  answer('an empty stream is an empty body', (res) => Readable.from([]).pipe(res)),
  ...[200, 204, 205, 304, 404, 500].map((status) =>
    answer(`answers status ${status} and a body as http does`, (res) => {
      res.statusCode = status;
      res.end('body');
    }),
  ),
  ...[200, 204, 304].map((status) =>
    answer(`answers status ${status} and a written body as http does`, (res, note) => {
      res.writeHead(status);
      note('write', res.write('body'));
      res.end('more');
    }),
  ),
  answer('HEAD has the head of GET and no body', (res) => res.end('hello'), {
    requests: [{ method: 'HEAD' }, {}, { method: 'HEAD' }],
  }),
  answer(
    'HEAD with writes has no body',
    (res, note) => {
      note(
        'write',
        res.write('hello', () => note('wrote')),
      );
      res.end('more', () => note('ended'));
    },
    { requests: [{ method: 'HEAD' }] },
  ),
  answer(
    'HEAD with a Content-Length set by hand keeps it',
    (res) => {
      res.setHeader('Content-Length', 1000);
      res.end();
    },
    { requests: [{ method: 'HEAD' }] },
  ),
  answer(
    'addTrailers() is left out',
    (res) => {
      res.writeHead(200, { Trailer: 'X-Sum' });
      res.write('body');
      res.addTrailers({ 'X-Sum': '42' });
      res.end();
    },
    { differs: ['response-trailers'] },
  ),
  answer(
    '1xx heads are left out, and their callbacks are called',
    (res, note) => {
      res.writeContinue(() => note('continue'));
      res.writeProcessing();
      res.writeEarlyHints({ link: '</style.css>; rel=preload' }, () => {
        note('hints');
        res.end('final');
      });
    },
    { differs: ['response-interim'] },
  ),
];
