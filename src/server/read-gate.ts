import type { Socket } from 'node:net';

/** Stops reading from a socket for as long as anybody wants it stopped. */
export class ReadGate {
  readonly #socket: Socket;
  #holders: Set<object> | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  hold(holder: object): void {
    this.#holders ??= new Set();
    this.#holders.add(holder);
    this.#socket.pause();
  }

  release(holder: object): void {
    if (this.#holders?.delete(holder) && this.#holders.size === 0) this.#socket.resume();
  }
}
