import { type IncomingMessage, Server, type ServerResponse } from 'node:http';
import type { ClientOptions } from '../client/index.ts';
import { FcgiError } from '../errors.ts';
import { sendFailure } from './failure.ts';
import { type ForwardOptions, forward } from './forward.ts';
import { type GatewayTarget, Upstream } from './upstream.ts';

/**
 * Options of `createGateway()`. Of those of the client, `timeout` is the silence of the application
 * after which the answer is 504.
 */
export interface GatewayOptions extends ForwardOptions, ClientOptions {}

/**
 * An HTTP server in front of a FastCGI application.
 *
 * What fails on the side of the application is answered with 502, 503 (FCGI_OVERLOADED) or 504
 * (`ERR_FCGI_RESPONSE_TIMEOUT`). If the head has left by then, the client's connection is destroyed, so
 * that the client sees that the answer was cut off.
 *
 * Events beside those of `http.Server`:
 * - `'gatewayError'` (error, req): a request failed for another reason than that its client went away.
 */
export class Gateway extends Server {
  readonly #options: GatewayOptions;
  readonly #upstream: Upstream;

  /** @throws {TypeError} if the target is none; {RangeError} if an option is out of range */
  constructor(target: GatewayTarget, options: GatewayOptions = {}) {
    super();
    this.#options = options;
    this.#upstream = new Upstream(target, options);
    this.on('request', (req, res) => void this.#forward(req, res));
  }

  /**
   * Stops accepting and lets requests finish, as `http.Server` does, then closes all connections to the
   * application, and the application itself if the gateway had started it. `callback` is called after
   * that, also if the gateway did not listen: with `ERR_SERVER_NOT_RUNNING`. The gateway can listen again.
   */
  override close(callback?: (error?: Error) => void): this {
    super.close((error) => {
      this.#upstream.close().then(
        () => callback?.(error),
        (failure) => callback?.(failure),
      );
    });
    return this;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.close(resolve));
  }

  async #forward(req: IncomingMessage, res: ServerResponse): Promise<void> {
    try {
      await forward(await this.#upstream.client(), req, res, this.#options);
    } catch (error) {
      const clientIsGone = res.destroyed && !(error instanceof FcgiError);
      if (clientIsGone) return;
      if (res.headersSent) res.destroy();
      else sendFailure(res, error);
      this.emit('gatewayError', error, req);
    }
  }
}
