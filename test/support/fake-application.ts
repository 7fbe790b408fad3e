import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { within } from './deadline.ts';
import {
  BEGIN_REQUEST,
  END_REQUEST,
  PARAMS,
  parseRecord,
  record,
  STDIN,
  STDOUT,
  type WireRecord,
} from './wire.ts';

/** FCGI_STDOUT with the text or bytes, its end, and FCGI_END_REQUEST. */
export function answer(content: string | Uint8Array, requestId = 1): Buffer {
  return Buffer.concat([
    record(STDOUT, requestId, content),
    record(STDOUT, requestId),
    endRequest({ requestId }),
  ]);
}

export function endRequest({ requestId = 1, appStatus = 0, protocolStatus = 0 } = {}): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt32BE(appStatus);
  body[4] = protocolStatus;
  return record(END_REQUEST, requestId, body);
}

/** The application's end of a connection: collects what comes, and sends literal bytes. */
export class FakePeer {
  readonly socket: net.Socket;
  readonly records: WireRecord[] = [];
  readonly closed: Promise<unknown>;
  /** Requests that have come so far, this one with them. */
  requests = 0;
  #rest = Buffer.alloc(0);

  constructor(socket: net.Socket, onRecord: (peer: FakePeer, record: WireRecord) => void) {
    this.socket = socket;
    // Not once(): a client that closes before it has read everything resets the connection.
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      for (const one of this.#take(chunk)) {
        this.records.push(one);
        onRecord(this, one);
      }
    });
  }

  send(...parts: (string | Uint8Array)[]): this {
    for (const part of parts) this.socket.write(part);
    return this;
  }

  /** The variables of the request that came last. */
  get params(): Record<string, string> {
    return parsePairs(this.#content(PARAMS));
  }

  /** STDIN of the request that came last. */
  get stdin(): Buffer {
    return this.#content(STDIN);
  }

  get begin(): Buffer | undefined {
    return this.records.findLast(({ type }) => type === BEGIN_REQUEST)?.content;
  }

  #content(type: number): Buffer {
    const begin = this.records.findLastIndex((one) => one.type === BEGIN_REQUEST);
    const own = this.records.slice(begin).filter((one) => one.type === type);
    return Buffer.concat(own.map(({ content }) => content));
  }

  #take(chunk: Buffer): WireRecord[] {
    const data = Buffer.concat([this.#rest, chunk]);
    const records: WireRecord[] = [];
    let [parsed, at] = parseRecord(data, 0);
    while (parsed) {
      records.push(parsed);
      [parsed, at] = parseRecord(data, at);
    }
    this.#rest = data.subarray(at);
    return records;
  }
}

export interface FakeApplication {
  readonly path: string;
  readonly server: net.Server;
  /** All connections there were, in their order. */
  readonly peers: FakePeer[];
  /** How many connections are open now. */
  connections(): Promise<number>;
}

/**
 * Runs an application of literal bytes while `use` runs, then closes everything.
 *
 * @param onRequest called at the end of a request's STDIN, or of the stream that `at` says
 */
export async function faking<Result>(
  onRequest: (peer: FakePeer) => void,
  use: (application: FakeApplication) => Promise<Result>,
  { at = STDIN }: { at?: number } = {},
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'fcgi-test-'));
  const path = join(folder, 'app.sock');
  const peers: FakePeer[] = [];
  const onRecord = (peer: FakePeer, { type, content }: WireRecord) => {
    if (type !== at || content.length > 0) return;
    peer.requests++;
    onRequest(peer);
  };
  const server = net.createServer((socket) => peers.push(new FakePeer(socket, onRecord)));
  server.listen(path);
  try {
    await within('listening', once(server, 'listening'));
    const connections = () =>
      new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
    return await use({ path, server, peers, connections });
  } finally {
    for (const { socket } of peers) socket.destroy();
    await within('close', new Promise((done) => server.close(done)));
    rmSync(folder, { recursive: true, force: true });
  }
}

function parsePairs(block: Buffer): Record<string, string> {
  const entries: [string, string][] = [];
  let at = 0;
  const length = () => {
    const short = block[at] as number;
    at += short < 128 ? 1 : 4;
    return short < 128 ? short : block.readUInt32BE(at - 4) & 0x7fffffff;
  };
  while (at < block.length) {
    const nameLength = length();
    const valueLength = length();
    const text = block.toString('latin1', at, at + nameLength + valueLength);
    entries.push([text.slice(0, nameLength), text.slice(nameLength)]);
    at += nameLength + valueLength;
  }
  return Object.fromEntries(entries);
}
