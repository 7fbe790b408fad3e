import type { Server } from 'node:http';
import { createServer } from '../../../src/index.ts';
import { toAnswer, WebServer } from '../../support/web-server.ts';
import { begin, END_REQUEST, params, record, STDIN, stdin } from '../../support/wire.ts';
import type { Log } from './log.ts';
import {
  type Answer,
  type Message,
  NO_ANSWER,
  splitStatus,
  toMessage,
  type WireRequest,
  withoutClock,
} from './message.ts';
import { toVariables } from './to-variables.ts';
import { deliver, type Peer, type Transport } from './transport.ts';

const ends = { remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' };

/** `fcgi.createServer()`, spoken to as nginx does with `fastcgi_keep_conn on`. */
export const overFcgi: Transport = {
  createServer: (listener) => createServer(listener) as unknown as Server,
  connect: async (server, log) => new FcgiPeer(server, log, await WebServer.connect(server)),
};

class FcgiPeer implements Peer {
  readonly #server: Server;
  readonly #log: Log;
  #webServer: WebServer;

  constructor(server: Server, log: Log, webServer: WebServer) {
    this.#server = server;
    this.#log = log;
    this.#webServer = webServer;
  }

  async exchange(request: WireRequest): Promise<Answer> {
    if (this.#webServer.ended) this.#webServer = await WebServer.connect(this.#server);
    const webServer = this.#webServer;
    const message = toMessage(request);
    const from = webServer.records.length;
    const variables = toVariables(message, contentLength(message, request), ends);
    const head = Buffer.concat([begin(1), params(1, variables)]);
    const delivery = { head, body: encodeBody(message, request), socket: webServer.socket };
    if (!(await deliver(request, this.#log, delivery))) return NO_ANSWER;
    return this.#answer(webServer, from);
  }

  close(): void {
    this.#webServer.close();
  }

  async #answer(webServer: WebServer, from: number): Promise<Answer> {
    const own = () => webServer.records.slice(from);
    const hasEnd = () => own().some(({ type }) => type === END_REQUEST);
    await webServer.until('the end of the answer', () => webServer.ended || hasEnd());
    const { head, status, body } = toAnswer(own(), 1);
    // nginx does not look at appStatus: whatever END_REQUEST ends passes for whole.
    const complete = hasEnd();
    if (status === undefined) return { ...NO_ANSWER, body: body.toString('latin1') };
    const headers = head.filter((line) => !line.startsWith('Status: ')).map(withoutClock);
    const rest = { interim: [], trailers: [], body: body.toString('latin1'), complete };
    return { ...splitStatus(status), ...rest, headers };
  }
}

function contentLength({ headers, chunked, chunks }: Message, { streams }: WireRequest): string {
  if (chunked) return streams ? '' : String(Buffer.concat(chunks).length);
  return headers.find(([name]) => /^content-length$/i.test(name))?.[1] ?? '';
}

function encodeBody({ chunks }: Message, { streams, unfinished }: WireRequest): Buffer {
  if (!streams) return stdin(1, Buffer.concat(chunks));
  const records = chunks.map((chunk) => record(STDIN, 1, chunk));
  return Buffer.concat(unfinished ? records : [...records, record(STDIN, 1)]);
}
