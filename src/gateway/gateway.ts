import { type IncomingMessage, Server, type ServerResponse } from 'node:http';
import { FcgiError } from '../errors.ts';
import { type AccessLog, accessLogger } from './access-log.ts';
import { sendFailure, toError } from './failure.ts';
import { Forwarder, type ForwardOptions } from './forwarder.ts';
import type { GatewayEvents, GatewayListener, OtherEvent } from './gateway-events.ts';
import { sendStatus } from './send-status.ts';
import type { GatewayTarget } from './upstream.ts';

/** Options of `createGateway()`. */
export interface GatewayOptions extends ForwardOptions {
  /**
   * Bytes that the head of a request may have; more are answered 431. A gateway is an `http.Server`, whose
   * other limits are its properties: `requestTimeout`, `headersTimeout`, `maxHeadersCount`.
   * @default 16_384
   */
  readonly maxHeaderSize?: number | undefined;
  /**
   * Gets a line in the combined log format for each request that has ended; `true` writes them to
   * standard output.
   * @default none
   */
  readonly accessLog?: AccessLog | undefined;
}

/**
 * An HTTP server in front of a FastCGI application.
 *
 * What fails on the side of the application is answered with 502, 503 (FCGI_OVERLOADED) or 504
 * (`ERR_FCGI_RESPONSE_TIMEOUT`). If the head has left by then, the client's connection is destroyed, so
 * that the client sees that the answer was cut off. {@link GatewayEvents} lists its events.
 */
export class Gateway extends Server {
  readonly #forwarder: Forwarder;
  readonly #log: ((req: IncomingMessage, res: ServerResponse) => void) | undefined;

  /** @throws {TypeError} if the target is none; {TypeError} or {RangeError} for a wrong option */
  constructor(target: GatewayTarget, options: GatewayOptions = {}) {
    super(httpOptions(options));
    this.#log = accessLogger(options.accessLog);
    this.#forwarder = new Forwarder(target, options);
    this.on('request', (req, res) => void this.#answer(req, res));
    this.on('checkContinue', (req, res) => {
      // A body that will not be taken need not be sent.
      if (!this.#forwarder.isTooLong(req)) res.writeContinue();
      this.emit('request', req, res);
    });
  }

  override on<Name extends keyof GatewayEvents>(event: Name, listener: GatewayListener<Name>): this;
  override on<Name extends string>(
    event: OtherEvent<Name>,
    listener: (...args: never[]) => void,
  ): this;
  override on(event: string, listener: (...args: never[]) => void): this {
    return super.on(event, listener as () => void);
  }

  override once<Name extends keyof GatewayEvents>(
    event: Name,
    listener: GatewayListener<Name>,
  ): this;
  override once<Name extends string>(
    event: OtherEvent<Name>,
    listener: (...args: never[]) => void,
  ): this;
  override once(event: string, listener: (...args: never[]) => void): this {
    return super.once(event, listener as () => void);
  }

  /**
   * Stops accepting and lets requests finish, as `http.Server` does, then closes all connections to the
   * application, and the application itself if the gateway had started it. `callback` is called after
   * that, also if the gateway did not listen: with `ERR_SERVER_NOT_RUNNING`. The gateway can listen again.
   */
  override close(callback?: (error?: Error) => void): this {
    super.close((error) => {
      this.#forwarder.close().then(
        () => callback?.(error),
        (failure) => callback?.(failure),
      );
    });
    return this;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.close(resolve));
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    this.#log?.(req, res);
    try {
      const unanswered = await this.#forwarder.answer(req, res);
      if (unanswered) sendStatus(res, unanswered);
    } catch (error) {
      const clientIsGone = res.destroyed && !(error instanceof FcgiError);
      if (clientIsGone) return;
      if (res.headersSent) res.destroy();
      else sendFailure(res, error);
      this.emit('gatewayError', toError(error), req);
    }
  }
}

function httpOptions({ maxHeaderSize }: GatewayOptions): { maxHeaderSize?: number } {
  return maxHeaderSize === undefined ? {} : { maxHeaderSize };
}
