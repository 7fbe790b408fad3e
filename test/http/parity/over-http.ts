import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { within } from '../../support/deadline.ts';
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
import { deliver, type Peer, type Transport } from './transport.ts';

/** `http.createServer()`, spoken to in bytes so that no client hides anything. */
export const overHttp: Transport = {
  createServer: (listener) => http.createServer(listener),
  connect: (server, log) => HttpPeer.connect(server, log),
};

class HttpPeer implements Peer {
  readonly #server: net.Server;
  readonly #log: Log;
  #socket: net.Socket | undefined;
  #received = Buffer.alloc(0);
  #ended = false;
  #changed: () => void = () => {};

  private constructor(server: net.Server, log: Log) {
    this.#server = server;
    this.#log = log;
  }

  static async connect(server: net.Server, log: Log): Promise<HttpPeer> {
    const peer = new HttpPeer(server, log);
    await peer.#open();
    return peer;
  }

  async exchange(request: WireRequest): Promise<Answer> {
    const socket = this.#ended ? await this.#open() : (this.#socket as net.Socket);
    const message = toMessage(request);
    const delivery = { head: encodeHead(message), body: encodeBody(message, request), socket };
    if (!(await deliver(request, this.#log, delivery))) return NO_ANSWER;
    return this.#answer(message);
  }

  close(): void {
    this.#socket?.destroy();
  }

  async #open(): Promise<net.Socket> {
    const socket = net.connect((this.#server.address() as net.AddressInfo).port, '127.0.0.1');
    this.#socket = socket;
    this.#received = Buffer.alloc(0);
    this.#ended = false;
    const end = () => {
      if (socket !== this.#socket) return;
      this.#ended = true;
      this.#changed();
    };
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#changed();
    });
    socket.on('end', end).on('close', end).on('error', end);
    await within('the connection', once(socket, 'connect'));
    return socket;
  }

  async #closed(): Promise<void> {
    const socket = this.#socket as net.Socket;
    if (!this.#ended) await within('the end of the connection', once(socket, 'end'));
  }

  async #answer({ method }: Message): Promise<Answer> {
    const answer = await within(
      `an answer after ${this.#received}`,
      new Promise<Parsed>((resolve) => {
        this.#changed = () => {
          const parsed = parse(this.#received, method, this.#ended);
          if (parsed) resolve(parsed);
        };
        this.#changed();
      }),
    );
    this.#changed = () => {};
    this.#received = this.#received.subarray(answer.end);
    if (answer.answer.headers.some((line) => /^connection: close$/i.test(line)))
      await this.#closed();
    return answer.answer;
  }
}

function encodeHead({ method, target, version, headers }: Message): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${target} HTTP/${version}\r\n${lines.join('')}\r\n`, 'latin1');
}

function encodeBody(
  { chunked, chunks }: Message,
  { trailers = [], unfinished }: WireRequest,
): Buffer {
  if (!chunked) return Buffer.concat(chunks);
  const framed = chunks.flatMap((chunk) => [`${chunk.length.toString(16)}\r\n`, chunk, '\r\n']);
  const last = `0\r\n${trailers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  const parts = unfinished ? framed : [...framed, last];
  return Buffer.concat(parts.map((part) => Buffer.from(part as string)));
}

interface Parsed {
  readonly answer: Answer;
  readonly end: number;
}

/** A response of HTTP/1.1 with its body unframed; undefined while more of it must come. */
function parse(data: Buffer, method: string, ended: boolean): Parsed | undefined {
  const interim: string[][] = [];
  for (let at = 0; ; ) {
    const headEnd = data.indexOf('\r\n\r\n', at);
    if (headEnd < 0) return ended ? { answer: { ...NO_ANSWER, interim }, end: at } : undefined;
    const [statusLine = '', ...lines] = data.toString('latin1', at, headEnd).split('\r\n');
    at = headEnd + 4;
    const { status, reason } = splitStatus(statusLine.slice('HTTP/1.1 '.length));
    if (status < 200) {
      interim.push([String(status), ...lines]);
      continue;
    }
    const framed = parseBody(
      data,
      at,
      lines,
      method === 'HEAD' || status === 204 || status === 304,
    );
    if (!framed.complete && !ended) return undefined;
    const { body, end, trailers } = framed;
    // Without framing the end of the connection is the end of the body.
    const complete = framed.complete || framed.unframed === true;
    const headers = lines.map(withoutClock);
    const answer = { interim, status, reason, headers, trailers, complete };
    return { answer: { ...answer, body: body.toString('latin1') }, end };
  }
}

interface Body {
  readonly body: Buffer;
  readonly trailers: readonly string[];
  readonly end: number;
  readonly complete: boolean;
  readonly unframed?: boolean;
}

function parseBody(data: Buffer, at: number, lines: readonly string[], none: boolean): Body {
  const value = (wanted: RegExp) => lines.find((line) => wanted.test(line))?.split(': ')[1];
  if (none) return { body: Buffer.alloc(0), trailers: [], end: at, complete: true };
  if (value(/^transfer-encoding:/i)) return parseChunks(data, at);
  const length = value(/^content-length:/i);
  const end = length === undefined ? data.length : Math.min(data.length, at + Number(length));
  const complete = length !== undefined && end - at === Number(length);
  return { body: data.subarray(at, end), trailers: [], end, complete, unframed: !length };
}

function parseChunks(data: Buffer, from: number): Body {
  const pieces: Buffer[] = [];
  for (let at = from; ; ) {
    const lineEnd = data.indexOf('\r\n', at);
    const size =
      lineEnd < 0 ? Number.NaN : Number.parseInt(data.toString('latin1', at, lineEnd), 16);
    const body = Buffer.concat(pieces);
    if (size === 0) {
      const end = data.indexOf('\r\n\r\n', lineEnd) + 4;
      const trailers = data
        .toString('latin1', lineEnd + 2, end)
        .split('\r\n')
        .filter(Boolean);
      return { body, trailers, end, complete: end > 3 };
    }
    if (!(lineEnd + size + 4 <= data.length)) {
      return { body, trailers: [], end: data.length, complete: false };
    }
    pieces.push(data.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + size + 4;
  }
}
