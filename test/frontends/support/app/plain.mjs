import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { routes } from './routes.mjs';

const alphabet = readFileSync(new URL('alphabet.txt', import.meta.url));

const own = {
  ...routes,
  'GET /json': (_req, res) => sendJson(res, { greeting: 'Grüß Gott' }),
  'POST /json': async (req, res) => sendJson(res, { received: JSON.parse(await text(req)) }),
  'GET /no-content': (_req, res) => res.writeHead(204).end(),
  'GET /cached': sendCached,
  'GET /cookies': (_req, res) => {
    res.writeHead(200, { 'Set-Cookie': ['flavour=oat; Path=/', 'size=large; HttpOnly'] });
    res.end();
  },
  'GET /moved': (_req, res) => res.writeHead(302, { Location: '/json?from=moved' }).end(),
  'GET /broken': (_req, res) => res.writeHead(500).end('Broken'),
  'GET /file': sendFile,
};

/** A plain `(req, res)` listener, as for `http.createServer()`. It has all paths once more under /live. */
export default () => (req, res) => {
  const path = req.url.replace(/^\/live(?=\/)/, '').split('?')[0];
  const method = req.method === 'HEAD' ? 'GET' : req.method;
  const route = path.startsWith('/echo/') ? echo : own[`${method} ${path}`];
  if (route) route(req, res);
  else res.writeHead(404).end('Not here');
};

function echo(req, res) {
  const secure = req.socket.encrypted === true;
  sendJson(res, {
    method: req.method,
    url: req.url,
    httpVersion: req.httpVersion,
    headers: req.headers,
    hostname: req.headers.host?.replace(/:\d+$/, ''),
    ip: req.socket.remoteAddress,
    port: req.socket.remotePort,
    protocol: secure ? 'https' : 'http',
    secure,
    proxyVariable: process.env.HTTP_PROXY ?? null,
  });
}

function sendJson(res, value) {
  const body = JSON.stringify(value);
  res.writeHead(200, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  });
  res.end(body);
}

function sendCached(req, res) {
  const fresh = req.headers['if-none-match'] === '"v1"';
  res.writeHead(fresh ? 304 : 200, { ETag: '"v1"' });
  res.end(fresh ? undefined : 'A page that hardly changes');
}

function sendFile(req, res) {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(req.headers.range ?? '') ?? [];
  if (from === undefined) return res.end(alphabet);
  res.writeHead(206, { 'Content-Range': `bytes ${from}-${to}/${alphabet.length}` });
  res.end(alphabet.subarray(Number(from), Number(to) + 1));
}
