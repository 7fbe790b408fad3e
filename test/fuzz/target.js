import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from '../../dist/index.js';
import { answerText } from './exchange.js';

const KIB = 1024;

/** The options of the servers under test: as they come, tight in every respect, and without multiplexing. */
const configurations = [
  {},
  {
    maxConcurrentRequests: 8,
    maxConcurrentRequestsPerConnection: 4,
    maxHalfOpenRequests: 3,
    maxParamsSize: 2 * KIB,
    maxParams: 8,
    maxHeadersCount: 3,
    maxBufferedInput: KIB,
    maxBufferedBody: KIB,
    maxSpooledBody: 16 * KIB,
    maxBufferedOutput: KIB,
    highWaterMark: 64,
    requestTimeout: 50,
    paramsTimeout: 50,
    keepAliveTimeout: 100,
  },
  { multiplex: false },
];

/** The codes that docs/errors.md tells of for a server, and those of sockets. */
const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const onTheServer = page.slice(page.indexOf('## On the server'), page.indexOf('## From handlers'));
const documented = new Set([...(onTheServer.match(/ERR_FCGI_\w+/g) ?? []), 'ECONNRESET', 'EPIPE']);

/** The servers that are fuzzed, with what they must not do. */
export class Target {
  servers = [];
  /** Codes of `'clientError'`, and how often each came. */
  codes = new Map();
  undocumented = [];
  #open = new Map();

  constructor(folder) {
    for (const [i, options] of configurations.entries()) {
      const listener = (req, res) => void answer(req, res);
      const server = createServer({ authorizer: listener, filter: listener, ...options }, listener);
      server.on('clientError', (error) => this.#count(error));
      server.listen(join(folder, `${i}.sock`));
      this.servers.push(server);
      this.#open.set(server, 0);
    }
    const add = (sign) => (message) => {
      this.#open.set(message.server, this.#open.get(message.server) + sign);
    };
    subscribe('fcgi.server.request.start', add(1));
    subscribe('fcgi.server.request.end', add(-1));
    subscribe('fcgi.server.request.abort', add(-1));
  }

  async listening() {
    await Promise.all(this.servers.map((server) => once(server, 'listening')));
  }

  path(server) {
    return this.servers[server].address();
  }

  /** Throws if anything is left of connections and requests that are gone. */
  async checkIdle() {
    for (const server of this.servers) {
      for (let tries = 0; (await connections(server)) > 0; tries++) {
        if (tries > 5000) throw new Error('A connection was not closed');
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      const { maxConcurrentRequests } = server.settings;
      server.settings.maxConcurrentRequests = 1;
      const left = { started: this.#open.get(server), running: server.overloaded ? 1 : 0 };
      server.settings.maxConcurrentRequests = maxConcurrentRequests;
      left.halfOpen = server.halfOpenRequests;
      if (Object.values(left).some((count) => count !== 0)) {
        throw new Error(`Requests were left behind: ${JSON.stringify(left)}`);
      }
    }
    if (this.undocumented.length > 0) throw this.undocumented[0];
  }

  close() {
    for (const server of this.servers) {
      server.closeAllConnections();
      server.close();
    }
  }

  #count(error) {
    this.codes.set(error.code, (this.codes.get(error.code) ?? 0) + 1);
    if (!documented.has(error.code)) this.undocumented.push(error);
  }
}

function connections(server) {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
}

/** Answers in the way that the path says; never throws. */
async function answer(req, res) {
  req.on('error', () => {});
  const { pathname } = new URL(req.url, 'http://example.test/');
  if (pathname === '/late') await new Promise((resolve) => setImmediate(resolve));
  const ignored = pathname === '/ignore';
  try {
    const body = ignored ? '' : await readAll(req);
    const data = ignored ? '' : await readAll(req.fastcgi.data);
    const text = answerText(req.method, req.url, body, data);
    if (pathname === '/large') res.end(text.repeat(2000));
    else if (pathname === '/pieces') writePieces(res, text);
    else res.end(text);
  } catch {
    // The request was cut off.
    if (!res.writableEnded) res.destroy();
  }
}

function writePieces(res, text) {
  for (const letter of text) res.write(letter);
  res.end();
}

async function readAll(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}
