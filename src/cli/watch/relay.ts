import { type BlockList, connect, Server, type Socket } from 'node:net';
import { isAllowed } from '../../server/allowed-clients.ts';
import { listen } from '../../server/listen.ts';
import type { ListenAddress } from '../serve/listen-address.ts';

/** Milliseconds after which a connection that was refused is tried again. */
const RETRY_MS = 50;

/**
 * Holds the socket that web servers connect to while the application behind it comes and goes: passes
 * the bytes of each connection on, and lets those that come meanwhile wait.
 */
export class Relay extends Server {
  readonly #path: string;
  readonly #sockets = new Set<Socket>();
  readonly #waiting = new Set<() => void>();
  #ready = false;

  /**
   * @param path the Unix socket of the application
   * @param allowed TCP peers that may connect; all without it
   */
  constructor(path: string, allowed: BlockList | undefined) {
    super({ allowHalfOpen: true, noDelay: true });
    this.#path = path;
    this.on('connection', (socket: Socket) => {
      if (isAllowed(allowed, socket)) this.#accept(socket);
      else socket.destroy();
    });
  }

  /** Listens as the server of this package does: a stale socket file is replaced. */
  start(address: ListenAddress): void {
    const isListening = () => this.listening;
    listen(
      {
        get listening() {
          return isListening();
        },
        start: (...args) => void this.listen(...(args as [])),
        cancelled: () => false,
        fail: (error) => void this.emit('error', error),
      },
      [address],
    );
  }

  /** The application listens, or does not any more. */
  setReady(ready: boolean): void {
    this.#ready = ready;
    if (!ready) return;
    for (const go of [...this.#waiting]) go();
  }

  closeAllConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
    this.#whenReady(socket, () => this.#forward(socket));
  }

  #whenReady(socket: Socket, go: () => void): void {
    if (this.#ready) return go();
    const once = () => {
      this.#waiting.delete(once);
      if (!socket.destroyed) go();
    };
    this.#waiting.add(once);
    socket.once('close', () => this.#waiting.delete(once));
  }

  #forward(socket: Socket): void {
    const application = connect({ path: this.#path, allowHalfOpen: true });
    const retry = () => {
      // It has just gone away; who comes next tells when it is there.
      setTimeout(() => this.#whenReady(socket, () => this.#forward(socket)), RETRY_MS);
    };
    application.once('error', retry);
    application.once('connect', () => {
      application.off('error', retry);
      application.on('error', () => {});
      socket.pipe(application).pipe(socket);
      socket.once('close', () => application.destroy());
      application.once('close', () => socket.destroySoon());
    });
  }
}
