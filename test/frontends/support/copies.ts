import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { within } from '../../support/deadline.ts';
import { type Note, NotedApplication } from './noted-application.ts';

/** A process of an application that the web server starts. */
interface Copy {
  readonly pid: number;
  readonly socket: Socket;
  /** Its exit code, or that it was killed. */
  readonly ended: Promise<number | string>;
}

/** An application of which the web server starts as many processes as it likes. */
export class Copies extends NotedApplication {
  /** Where the copies report, by the environment variable `CONTROL_SOCKET`. */
  readonly path: string;
  readonly #server: Server;
  readonly #copies = new Set<Copy>();
  readonly #readLog: () => string;
  #ending: readonly Copy[] = [];
  /** Another copy may always come. */
  protected readonly silenced = new Promise<never>(() => {});

  private constructor(path: string, readLog: () => string) {
    super();
    this.path = path;
    this.#readLog = readLog;
    this.#server = createServer((socket) => this.#meet(socket)).listen(path);
  }

  /**
   * Waits for copies, none of which need come.
   *
   * @param readLog reads what they write
   */
  static async expect(path: string, readLog: () => string): Promise<Copies> {
    const copies = new Copies(path, readLog);
    await once(copies.#server, 'listening');
    // The web server's user may be another one.
    chmodSync(path, 0o666);
    return copies;
  }

  get log(): string {
    return this.#readLog();
  }

  get listen(): never {
    throw new Error('The web server listens for its copies');
  }

  get ended(): Promise<number | string> {
    return within('the end of the copies', this.#endOfAll());
  }

  /** Tells all copies: those that do not know the request do nothing. */
  tell(command: string, id = 'server', data?: unknown): void {
    for (const { socket } of this.#copies) {
      socket.write(`${JSON.stringify({ command, id, data })}\n`);
    }
  }

  async beginToEnd(): Promise<void> {
    this.#ending = this.#signal('SIGTERM');
    await Promise.all(this.#ending.map(({ pid }) => this.noted('closing', String(pid))));
  }

  /** Ends the copies that there are. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const told = this.#signal(signal);
    await within('the end of the copies', Promise.all(told.map(({ ended }) => ended)));
  }

  /** Ends the copies that are left: they end with the line to the test. */
  async close(): Promise<void> {
    for (const { socket } of this.#copies) socket.destroy();
    await new Promise((closed) => this.#server.close(closed));
  }

  async #endOfAll(): Promise<number | string> {
    if (this.#ending.length === 0) throw new Error('No copy was told to end');
    const codes = await Promise.all(this.#ending.map(({ ended }) => ended));
    return codes.find((code) => code !== 0) ?? 0;
  }

  #signal(signal: NodeJS.Signals): readonly Copy[] {
    const told = [...this.#copies];
    for (const { pid } of told) process.kill(pid, signal);
    return told;
  }

  #meet(socket: Socket): void {
    let copy: Copy | undefined;
    let exitCode: number | string = 'killed';
    const ended = new Promise<number | string>((resolve) => {
      socket.on('error', () => {});
      socket.on('close', () => {
        if (copy) this.#copies.delete(copy);
        resolve(exitCode);
      });
    });
    createInterface({ input: socket }).on('line', (line) => {
      const message = JSON.parse(line);
      if ('pid' in message) {
        copy = { pid: message.pid, socket, ended };
        this.#copies.add(copy);
      } else if ('exitCode' in message) exitCode = message.exitCode;
      else this.take(message as Note);
    });
  }
}
