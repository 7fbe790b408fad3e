import { once } from 'node:events';
import net from 'node:net';
import { within } from './deadline.ts';
import { END_REQUEST, parseRecord, STDERR, STDOUT, type WireRecord } from './wire.ts';

/** What came back for one request. */
export interface Answer {
  /** The response's head, lines without their ends. */
  readonly head: readonly string[];
  readonly status: string | undefined;
  readonly body: Buffer;
  readonly stderr: string;
  readonly appStatus: number;
  readonly protocolStatus: number;
}

/** The web server's end of a connection: sends literal bytes, and collects what comes back. */
export class WebServer {
  readonly socket: net.Socket;
  /** Everything that came, in the order in which it came. */
  readonly records: WireRecord[] = [];
  /** The sizes of the chunks that came. */
  readonly chunks: number[] = [];
  ended = false;
  #rest = Buffer.alloc(0);
  readonly #waiting = new Set<() => void>();

  private constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('end', () => this.#end());
    socket.on('close', () => this.#end());
    socket.on('error', () => this.#end());
  }

  /** Connects to a listening server, over TCP or its Unix socket. */
  static async connect(server: net.Server): Promise<WebServer> {
    const address = server.address();
    if (address === null) throw new Error('The server does not listen');
    if (typeof address === 'string') return WebServer.connectTo({ path: address });
    return WebServer.connectTo({ port: address.port, host: address.address });
  }

  static async connectTo(target: net.NetConnectOpts): Promise<WebServer> {
    const socket = net.connect(target);
    await within('the connection', once(socket, 'connect'));
    return new WebServer(socket);
  }

  send(...parts: Uint8Array[]): this {
    this.socket.write(Buffer.concat(parts));
    return this;
  }

  /** Waits until the condition holds, which is looked at whenever something came. */
  async until(what: string, condition: () => boolean): Promise<void> {
    if (condition()) return;
    let check: () => void = () => {};
    const met = new Promise<void>((resolve) => {
      check = () => {
        if (condition()) resolve();
      };
    });
    this.#waiting.add(check);
    try {
      await within(what, met);
    } finally {
      this.#waiting.delete(check);
    }
  }

  /** Waits for the end of a request's n-th answer, the first one unless told otherwise. */
  async answer(requestId = 1, nth = 1): Promise<Answer> {
    await this.until(
      `FCGI_END_REQUEST of request ${requestId}`,
      () => this.ended || this.#ends(requestId).length >= nth,
    );
    const ends = this.#ends(requestId);
    if (ends.length < nth) throw new Error('The connection closed before FCGI_END_REQUEST');
    const from = nth === 1 ? 0 : (ends[nth - 2] as number) + 1;
    return toAnswer(this.records.slice(from, (ends[nth - 1] as number) + 1), requestId);
  }

  /** Sends a request and waits for its answer. */
  async exchange(bytes: Uint8Array, requestId = 1): Promise<Answer> {
    const nth = this.#ends(requestId).length + 1;
    this.send(bytes);
    return this.answer(requestId, nth);
  }

  /** Waits until the other end has closed the connection. */
  async closed(): Promise<void> {
    await this.until('the end of the connection', () => this.ended);
  }

  close(): void {
    this.socket.destroy();
  }

  #ends(requestId: number): number[] {
    return this.records.flatMap((record, i) =>
      record.type === END_REQUEST && record.requestId === requestId ? [i] : [],
    );
  }

  #take(chunk: Buffer): void {
    this.chunks.push(chunk.length);
    const data = Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (;;) {
      const [record, next] = parseRecord(data, at);
      if (!record) break;
      this.records.push(record);
      at = next;
    }
    this.#rest = data.subarray(at);
    for (const check of [...this.#waiting]) check();
  }

  #end(): void {
    this.ended = true;
    for (const check of [...this.#waiting]) check();
  }
}

/** Joins the streams of one answer. */
export function toAnswer(records: readonly WireRecord[], requestId: number): Answer {
  const own = records.filter((record) => record.requestId === requestId);
  const stream = (type: number) =>
    Buffer.concat(own.filter((record) => record.type === type).map(({ content }) => content));
  const stdout = stream(STDOUT);
  const headEnd = stdout.indexOf('\r\n\r\n');
  const head = headEnd < 0 ? [] : stdout.toString('latin1', 0, headEnd).split('\r\n');
  const end = own.find(({ type }) => type === END_REQUEST)?.content ?? Buffer.alloc(8);
  return {
    head,
    status: head.find((line) => line.startsWith('Status: '))?.slice('Status: '.length),
    body: headEnd < 0 ? stdout : stdout.subarray(headEnd + 4),
    stderr: stream(STDERR).toString(),
    appStatus: end.readUInt32BE(0),
    protocolStatus: end[4] as number,
  };
}
