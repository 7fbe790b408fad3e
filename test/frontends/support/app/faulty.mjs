import { subscribe } from 'node:diagnostics_channel';
import { createWriteStream } from 'node:fs';
import { note, onCommand } from './control.mjs';
import plain from './plain.mjs';

/** The connection to the web server that each request came on. */
const connections = new WeakMap();
subscribe('fcgi.server.request.start', ({ request, socket }) => connections.set(request, socket));

/** The plain listener, and others as nobody should write them. What nobody catches is told, and survived. */
export default () => {
  process.on('uncaughtException', (error) =>
    note('uncaught', 'server', error.code ?? error.message),
  );
  const listener = plain();
  return (req, res) => {
    const [path] = req.url.replace(/^\/live(?=\/)/, '').split('?');
    if (!faults[path]) return listener(req, res);
    res.on('close', () => note('closed', path));
    note('arrived', path);
    return faults[path](req, res);
  };
};

const faults = {
  '/throws': () => {
    throw new Error('thrown');
  },
  '/rejects': async () => {
    throw new Error('rejected');
  },
  '/never': () => {},
  '/twice': (_req, res) => {
    res.end('first');
    res.writeHead(200);
    res.end('second');
  },
  '/ends-twice': (_req, res) => {
    res.end('first');
    res.end('second');
  },
  '/after-end': (_req, res) => {
    res.end('first');
    res.write('second');
  },
  '/longer': (_req, res) => {
    res.writeHead(200, { 'Content-Length': 5 });
    res.end('first and more');
  },
  '/shorter': (_req, res) => {
    res.writeHead(200, { 'Content-Length': 50 });
    res.end('first');
  },
  '/logs': (_req, res) => {
    createWriteStream('/dev/full').write('a line');
    res.end('logged');
  },
  '/long': (_req, res) => {
    res.setHeader('Content-Length', 1000);
    res.setHeader('X-Accel-Buffering', 'no');
    res.write('the beginning');
  },
  '/reset': (req) => connections.get(req).resetAndDestroy(),
  '/reset-upload': (req) => req.once('data', () => connections.get(req).resetAndDestroy()),
  '/reset-head': (req) => {
    // The beginning of a record of FCGI_STDOUT, which says that there is more.
    const begun = Buffer.from('\x01\x06\0\x01\x01\0\0\0Status: 200 OK\r\nContent-', 'latin1');
    connections.get(req).write(begun, () => connections.get(req).resetAndDestroy());
  },
  '/reset-answer': (req, res) => resetAmid(req, res.setHeader('Content-Length', 1000)),
  '/reset-open-answer': resetAmid,
  '/endless': (_req, res) => {
    res.setHeader('X-Accel-Buffering', 'no');
    const write = () => {
      while (!res.destroyed && res.write('x'.repeat(64 * 1024)));
    };
    res.on('drain', write);
    write();
  },
};

/** Answers, and resets the connection when the test says that the beginning has come. */
function resetAmid(req, res) {
  res.setHeader('X-Accel-Buffering', 'no');
  res.write('the beginning');
  onCommand('reset', req.url, () => connections.get(req).resetAndDestroy());
}
