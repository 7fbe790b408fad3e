import { note } from './control.mjs';
import { query } from './query.mjs';
import { splits } from './splits.mjs';

/** Answers with everything that it was told, and tells the test of every request that reaches it. */
export default () => async (req, res) => {
  const body = await bodyOf(req);
  if (body === undefined) return;
  const { method, url } = req;
  note('request', 'witness', { method, url, body });
  if (url.startsWith('/split')) return answerSplit(req, res);
  res.setHeader('Content-Type', 'application/json');
  res.end(JSON.stringify({ method, url, body, ...details(req) }));
};

async function bodyOf(req) {
  let body = '';
  req.setEncoding('latin1');
  try {
    for await (const piece of req) body += piece;
    return body;
  } catch (error) {
    note('cut off', 'witness', error.code);
    return undefined;
  }
}

function details(req) {
  const { headers, socket, fastcgi } = req;
  return {
    headers: Object.entries(headers),
    query: Object.entries(query(req)),
    params: Object.entries(fastcgi.params),
    remoteAddress: socket.remoteAddress,
    polluted: 'polluted' in {},
    ordinary: Object.getPrototypeOf(headers) === Object.prototype,
    proxyVariable: process.env.HTTP_PROXY ?? null,
  };
}

/** Tries to send what holds the end of a line, and answers with the code or name of the error, or `sent`. */
async function answerSplit(req, res) {
  const { api, value } = query(req);
  try {
    await splits[api](res, value);
  } catch (error) {
    for (const name of res.getHeaderNames()) res.removeHeader(name);
    res.statusMessage = '';
    res.statusCode = 200;
    res.end(error.code ?? error.name);
    return;
  }
  if (!res.writableEnded) res.end('sent');
}
