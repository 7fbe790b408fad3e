import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { within } from '../../support/deadline.ts';
import type { Reading } from './readings.ts';

/** An HTTP server as naive as some have been: it finds the end of a request by the reading that it is told. */
export class NaiveServer {
  /** The targets of the request lines that have come, each noted as soon as its line is there. */
  readonly targets: string[] = [];
  /** The bodies of the requests that were answered. */
  readonly bodies: string[] = [];
  #reading: Reading;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(reading: Reading) {
    this.#reading = reading;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async listen(reading: Reading): Promise<NaiveServer> {
    const server = new NaiveServer(reading);
    server.#server.listen(0, '127.0.0.1');
    await within('listening', once(server.#server, 'listening'));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Begins anew with another reading: no connection is left that something was smuggled into. */
  async read(reading: Reading): Promise<void> {
    await this.#dropConnections();
    this.#reading = reading;
    this.targets.length = 0;
    this.bodies.length = 0;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    await this.#dropConnections();
    await within('close', closed);
  }

  async #dropConnections(): Promise<void> {
    const all = [...this.#sockets];
    for (const socket of all) socket.destroy();
    await within('the end of connections', Promise.all(all.map((socket) => closedOf(socket))));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
    let text = '';
    let noted = false;
    socket.setEncoding('latin1').on('data', (piece: string) => {
      text += piece;
      for (;;) {
        text = text.replace(/^[\r\n]+/, '');
        const [, target] = /^[A-Z]+ (\S+) HTTP\/1\.[01]\r?\n/.exec(text) ?? [];
        if (target === undefined) return;
        if (!noted) this.targets.push(target);
        noted = true;
        const read = readRequest(text, this.#reading);
        if (!read) return;
        this.bodies.push(read.body);
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`);
        text = text.slice(read.end);
        noted = false;
      }
    });
  }
}

/** @returns undefined if more has to come */
function readRequest(text: string, reading: Reading): { body: string; end: number } | undefined {
  const [head] = /^[\s\S]*?\n\r?\n/.exec(text) ?? [];
  if (head === undefined) return undefined;
  const headers = head
    .split(/\r?\n/)
    .slice(1)
    .map((line): [string, string] => {
      const at = line.indexOf(':');
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1)];
    });
  return reading.body(headers, text, head.length);
}

async function closedOf(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket, 'close');
}
