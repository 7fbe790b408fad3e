import { Agent, request } from 'node:http';
import { within } from '../../support/deadline.ts';

/** A kind of request that a client sends over and over. */
export interface Kind {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  /** The answer's status, if not 200. */
  readonly status?: number;
  /** What the body of the answer must hold. */
  readonly answer: string;
}

const BODY = 'x'.repeat(20_000);

/** What visitors do all the time. A web server may send none but the first once more. */
export const KINDS: readonly Kind[] = [
  { name: 'GET', method: 'GET', path: '/json', answer: 'Grüß Gott' },
  { name: 'POST', method: 'POST', path: '/json', body: '{"a":1}', answer: '{"received":{"a":1}}' },
  { name: 'upload', method: 'PUT', path: '/upload', body: BODY, answer: '"bytes":20000,' },
  { name: 'POST to an echo', method: 'POST', path: '/echo/x', body: 'x=1', answer: '"POST"' },
];

/** Clients that ask and ask again, each over a connection that it keeps, and check every answer. */
export class Load {
  answered = 0;
  /** What went wrong, each with the request that it befell. */
  readonly failures: string[] = [];
  readonly #origin: string;
  readonly #agent: Agent;
  readonly #clients: Promise<void>[];
  #stopped = false;
  #waiting: { count: number; reached: () => void } | undefined;

  constructor(origin: string, clients: number, kinds: readonly Kind[] = KINDS) {
    this.#origin = origin;
    this.#agent = new Agent({ keepAlive: true, maxSockets: clients });
    this.#clients = Array.from({ length: clients }, (_, n) => this.#client(kinds, n));
  }

  /** Waits until so many more requests were answered. */
  async more(count: number): Promise<void> {
    const goal = this.answered + this.failures.length + count;
    const reached = new Promise<void>((resolve) => {
      this.#waiting = { count: goal, reached: resolve };
    });
    await within(`${count} more answers`, reached);
  }

  /** Waits for the answers that are still to come. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await within('the last answers', Promise.all(this.#clients));
    this.#agent.destroy();
  }

  async #client(kinds: readonly Kind[], first: number): Promise<void> {
    for (let i = first; !this.#stopped; i++) {
      const kind = kinds[i % kinds.length] as Kind;
      const failure = await this.#ask(kind).catch((error) => String(error));
      if (failure === undefined) this.answered++;
      else this.failures.push(`${kind.name}: ${failure}`);
      const { count, reached } = this.#waiting ?? {};
      if (count !== undefined && this.answered + this.failures.length >= count) reached?.();
    }
  }

  /** What is wrong with the answer, if anything is. */
  #ask({ method, path, body, status = 200, answer }: Kind): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      const headers = body?.startsWith('{') ? { 'Content-Type': 'application/json' } : {};
      const req = request(`${this.#origin}${path}`, { method, agent: this.#agent, headers });
      req.on('error', reject);
      req.on('response', async (res) => {
        try {
          const text = Buffer.concat(await res.toArray()).toString();
          const right = res.statusCode === status && text.includes(answer);
          resolve(right ? undefined : `${res.statusCode} ${text.slice(0, 100)}`);
        } catch (error) {
          reject(error);
        }
      });
      req.end(body);
    });
  }
}
