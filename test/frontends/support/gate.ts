import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { within } from '../../support/deadline.ts';

/**
 * Where requests for `/pass` wait in processes that the test did not start itself, and so has no other
 * line to.
 */
export class Gate {
  readonly path: string;
  /** The processes of the requests that have come, in the order in which they came. */
  readonly pids: number[] = [];
  readonly #server: Server;
  readonly #waiting: Socket[] = [];
  #check: () => void = () => {};

  private constructor(path: string) {
    this.path = path;
    this.#server = createServer((socket) => {
      socket.setEncoding('latin1').on('error', () => {});
      socket.once('data', (pid) => {
        this.pids.push(Number(pid));
        this.#waiting.push(socket);
        this.#check();
      });
    });
  }

  /** A gate that is closed, in a folder. */
  static async make(folder: string): Promise<Gate> {
    const gate = new Gate(join(folder, `gate-${++gates}`));
    gate.#server.listen(gate.path);
    await once(gate.#server, 'listening');
    return gate;
  }

  /** Waits until so many requests have come. */
  async arrived(count: number): Promise<number[]> {
    const come = new Promise<void>((resolve) => {
      this.#check = () => this.pids.length >= count && resolve();
      this.#check();
    });
    await within(`${count} requests at the gate`, come);
    return this.pids;
  }

  /** Lets those that wait pass, and takes no more. */
  open(): void {
    for (const socket of this.#waiting) socket.end();
    this.#server.close();
  }
}

let gates = 0;
