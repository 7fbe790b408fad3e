import {
  Client,
  type ClientOptions,
  checkOptions,
  parseTarget,
  type Target,
} from '../client/index.ts';
import { createServer, type Listener, Server } from '../server/index.ts';
import { listenPrivately, type PrivateSocket } from './private-socket.ts';

/**
 * What a gateway forwards to: the address of an application, a {@link Server}, or a listener: an
 * Express application, a function `(req, res)`, a Handler class.
 */
export type GatewayTarget = Target | Listener;

/** The application behind a gateway. It is reached, and started if need be, for the first request. */
export class Upstream {
  readonly #target: Target;
  readonly #options: ClientOptions;
  #opened: Promise<Open> | undefined;

  /** @throws {TypeError} if the target is none; {RangeError} if an option is out of range */
  constructor(target: GatewayTarget, options: ClientOptions) {
    this.#target = typeof target === 'function' ? createServer(target) : target;
    this.#options = options;
    // Mistakes come to light here rather than with the first request.
    checkOptions(options);
    if (!(this.#target instanceof Server)) parseTarget(this.#target);
  }

  async client(): Promise<Client> {
    this.#opened ??= this.#open();
    try {
      return (await this.#opened).client;
    } catch (error) {
      this.#opened = undefined;
      throw error;
    }
  }

  /** Undoes what {@link Upstream.client} did; the next call of that does it anew. */
  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    if (!opened) return;
    const { client, privateSocket } = await opened;
    await client.close();
    await privateSocket?.close();
  }

  /** A server that listens already belongs to somebody else, who closes it. */
  async #open(): Promise<Open> {
    const target = this.#target;
    if (!(target instanceof Server) || target.listening) {
      return { client: new Client(target, this.#options) };
    }
    const privateSocket = await listenPrivately(target);
    return { client: new Client({ path: privateSocket.path }, this.#options), privateSocket };
  }
}

interface Open {
  readonly client: Client;
  readonly privateSocket?: PrivateSocket;
}
