import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream';

/** Passes the bytes of connections on to another socket, and counts them. */
export class Relay {
  readonly path: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #connections = 0;

  static async start(path: string, target: string): Promise<Relay> {
    const relay = new Relay(path, target);
    await once(relay.#server, 'listening');
    return relay;
  }

  private constructor(path: string, target: string) {
    this.path = path;
    this.#server = createServer((socket) => this.#pass(socket, target)).listen(path);
  }

  connections(): number {
    return this.#connections;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((closed) => this.#server.close(closed));
  }

  #pass(socket: Socket, target: string): void {
    this.#connections++;
    const upstream = connect(target);
    // A side that ends, or fails, ends the other one.
    pipeline(socket, upstream, socket, () => {});
    for (const one of [socket, upstream]) {
      this.#sockets.add(one.on('error', () => {}));
      one.on('close', () => this.#sockets.delete(one));
    }
  }
}
