import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream';
import type { Note } from './log.ts';
import { plain } from './plain.ts';
import type { Case } from './table.ts';

const hangUp = { requests: [{ method: 'POST', body: 'x', hangUpAfter: 'ready' }] } as const;

/** As the package on-finished looks at a message, at each event that may be its last. */
function lookAt(note: Note, name: string, req: IncomingMessage, res: ServerResponse): void {
  note(name, {
    finished: Boolean(res.finished || (res.socket && !res.socket.writable)),
    requestFinished: req.complete && !req.readable,
    socket: [Boolean(res.socket), Boolean(req.socket)],
    writable: [res.writable, res.writableFinished, res.destroyed, res.closed],
  });
}

/** Events, ends and misuse. */
export const life: readonly Case[] = [
  plain('listeners in the way of on-finished see each end', (req, res, note) => {
    const look = (name: string) => () => lookAt(note, name, req, res);
    look('begin')();
    req.on('end', look('req end')).on('close', look('req close'));
    res.on('finish', look('finish')).on('close', look('close'));
    req.resume();
    res.end('x');
    look('ended')();
  }),
  plain(
    'stream.finished() calls back for req and res',
    (req, res, note) => {
      finished(req, (error) => note('req done', error ?? 'ok'));
      finished(res, (error) => note('res done', error ?? 'ok'));
      res.end('x');
    },
    { requests: [{ method: 'POST', body: 'x' }] },
  ),
  plain(
    'the socket ends with its request',
    (req, res, note) => {
      res.on('close', () => note('socket lives', !req.socket.destroyed));
      res.end();
    },
    { differs: ['socket-per-request'] },
  ),
  plain('the response lets go of its socket', (req, res, note) => {
    res.on('close', () => note('detached', [res.socket === null, req.socket !== null]));
    res.end();
  }),
  plain('write() after end() is an error', (_req, res, note) => {
    res.on('error', (error) => note('error', error));
    res.end('x');
    note(
      'write',
      res.write('more', (error) => note('write failed', error)),
    );
  }),
  plain('end() after end() is an error for its callback', (_req, res, note) => {
    res.end('x');
    res.end((error?: Error) => note('second', error ?? 'ok'));
    res.on('error', (error) => note('error', error));
    res.end('more', (error?: Error) => note('third', error ?? 'ok'));
  }),
  plain('end() after the response is over reports it', (_req, res, note) => {
    res.on('close', () => {
      res.end((error?: Error) => note('late', error ?? 'ok'));
    });
    res.end('x');
  }),
  plain('res.destroy() before the head leaves no answer', (_req, res) => res.destroy()),
  plain('res.destroy() midway cuts the answer off', (_req, res) => {
    res.write('half', () => res.destroy());
  }),
  plain('res.destroy() midway cuts an answer of known length off', (_req, res) => {
    res.setHeader('Content-Length', 10);
    res.write('half', () => res.destroy());
  }),
  plain('res.destroy(error) reports the error', (_req, res, note) => {
    res.on('error', (error) => note('error', error));
    res.destroy(Object.assign(new Error('no more'), { code: 'E_MINE' }));
  }),
  plain(
    'write() after destroy() is an error',
    (_req, res, note) => {
      res.on('error', (error) => note('error', error));
      res.destroy();
      note(
        'write',
        res.write('x', (error) => note('write failed', error)),
      );
      res.end('x');
    },
    { apart: true },
  ),
  plain('req.destroy() leaves no answer', (req) => req.destroy(), { apart: true }),
  plain(
    'req.destroy(error) reports the error',
    (req, _res, note) => {
      req.on('error', (error) => note('error', error));
      req.destroy(Object.assign(new Error('no more'), { code: 'E_MINE' }));
    },
    { apart: true, requests: [{ method: 'POST', body: 'x' }] },
  ),
  plain('req.socket.destroy() leaves no answer', (req) => req.socket.destroy()),
  plain('res.socket.destroySoon() after the response is harmless', (_req, res) => {
    const { socket } = res;
    res.on('finish', () => socket?.destroySoon());
    res.end('x');
  }),
  plain('a client that goes away aborts the request', (_req, _res, note) => note('ready'), hangUp),
  plain(
    'a client that goes away ends a body that is read',
    (req, _res, note) => {
      req.on('aborted', () => note('aborted'));
      req.on('error', (error) => note('error', error));
      req.resume();
      note('ready');
    },
    { requests: [{ method: 'POST', body: 'x', withholdsBody: true, hangUpAfter: 'ready' }] },
  ),
  plain(
    'a client that goes away ends a response midway',
    (_req, res, note) => {
      res.on('error', (error) => note('error', error));
      res.on('close', () => {
        note('state', [res.destroyed, res.writableEnded, res.writableFinished]);
        note(
          'write',
          res.write('more', (error) => note('failed', error)),
        );
      });
      res.write('half', () => note('ready'));
    },
    hangUp,
  ),
  plain(
    'for await fails when the client goes away',
    async (req, _res, note) => {
      note('ready');
      try {
        for await (const piece of req) note('piece', piece);
      } catch (error) {
        note('thrown', error);
      }
    },
    { requests: [{ method: 'POST', body: 'x', withholdsBody: true, hangUpAfter: 'ready' }] },
  ),
  plain(
    'leaving for await early destroys the request',
    async (req, res, note) => {
      for await (const piece of req) {
        note('piece', piece);
        break;
      }
      note('destroyed', req.destroyed);
      res.end();
    },
    { requests: [{ method: 'POST', body: ['x'], streams: true, unfinished: true }] },
  ),
  plain('res.setTimeout() calls back', (_req, res, note) => {
    const same = res.setTimeout(5, () => {
      note('timeout');
      res.end('timed out');
    });
    note('chained', same === res);
  }),
  plain('req.setTimeout() calls back', (req, res, note) => {
    const same = req.setTimeout(5, () => {
      note('timeout');
      res.end('timed out');
    });
    note('chained', same === req);
  }),
  plain('a timeout that nobody listens for ends the request', (req) => {
    req.socket.setTimeout(5);
  }),
  plain('an answer that comes in time stops its timeout', (_req, res, note) => {
    res.setTimeout(50, () => note('timeout'));
    res.end('in time');
  }),
  plain(
    'pipe() and unpipe() tell the response',
    (req, res, note) => {
      res.on('pipe', (source) => note('pipe', source === req));
      res.on('unpipe', (source) => note('unpipe', source === req));
      req.pipe(res);
    },
    { requests: [{ method: 'POST', body: 'x' }] },
  ),
  plain('the objects are those of http', (req, res, note) => {
    note('classes', [req.constructor.name, res.constructor.name, req.socket instanceof Object]);
    note('linked', [res.req === req, res.socket === req.socket, req.socket === req.connection]);
    note('flags', [
      res.shouldKeepAlive,
      res.sendDate,
      res.chunkedEncoding,
      res.strictContentLength,
    ]);
    note('stream', [res.writableObjectMode, res.writableHighWaterMark > 0, res.writableLength]);
    note('socket', [req.socket.readable, req.socket.writable, req.socket.destroyed]);
    note(
      'keys',
      Object.keys(req).filter((key) => !key.startsWith('_') && key !== 'fastcgi'),
    );
    res.end();
  }),
];
