import type { IncomingMessage, ServerResponse } from 'node:http';
import { FcgiError } from '../errors.ts';
import { failureStatus, sendFailure, toError } from './failure.ts';
import { Forwarder, type ForwardOptions } from './forwarder.ts';
import { sendStatus } from './send-status.ts';
import type { GatewayTarget } from './upstream.ts';

/** Options of `proxy()`. */
export interface ProxyOptions extends ForwardOptions {
  /**
   * Whether `next()` is called for a path that has neither script nor file; `false` answers 404, or 400
   * if no file can have such a name.
   * @default true
   */
  readonly fallthrough?: boolean | undefined;
}

/** Middleware for Express and Connect, and a request listener of `http`. */
export interface ProxyMiddleware {
  (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void): void;
  /**
   * Closes the connections to the application, those of running requests too, and the application itself
   * if the proxy had started it. Idle connections do not keep the process alive.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Makes middleware that mounts a FastCGI application, as a PHP site served by php-fpm:
 * `app.use('/blog', proxy('/run/php/php-fpm.sock', { root: '/srv/blog' }))`.
 *
 * It passes errors to `next()`, with `status` 502, 503, 504 or 413; without `next` it answers them. If the
 * head had left, the response is destroyed first, so that the client sees that it was cut off.
 *
 * @throws {TypeError} if the target is none; {TypeError} or {RangeError} for a wrong option
 */
export function proxy(target: GatewayTarget, options: ProxyOptions = {}): ProxyMiddleware {
  const forwarder = new Forwarder(target, options);
  const { fallthrough = true } = options;
  const middleware = async (...[req, res, next]: Parameters<ProxyMiddleware>): Promise<void> => {
    let unanswered: 400 | 404 | undefined;
    try {
      unanswered = await forwarder.answer(req, res);
    } catch (error) {
      return fail(res, error, next);
    }
    // Not in the block above: what the next middleware throws is not the proxy's.
    if (unanswered && fallthrough && next) next();
    else if (unanswered) sendStatus(res, unanswered);
  };
  const close = () => forwarder.close();
  return Object.assign((...args: Parameters<ProxyMiddleware>) => void middleware(...args), {
    close,
    [Symbol.asyncDispose]: close,
  });
}

function fail(res: ServerResponse, thrown: unknown, next: Parameters<ProxyMiddleware>[2]): void {
  const clientIsGone = res.destroyed && !(thrown instanceof FcgiError);
  if (clientIsGone) return;
  if (res.headersSent) res.destroy();
  if (!next) {
    if (!res.headersSent) sendFailure(res, thrown);
    return;
  }
  // What error handlers of Express and Connect look for.
  next(Object.assign(toError(thrown), { status: failureStatus(thrown) }));
}
