import { Gateway, type GatewayOptions } from './gateway.ts';
import type { GatewayTarget } from './upstream.ts';

export type { AccessLog } from './access-log.ts';
export type { GatewayEvents } from './gateway-events.ts';
export { type ProxyMiddleware, type ProxyOptions, proxy } from './proxy.ts';
export type { GatewayOptions, GatewayTarget };
export { Gateway };

/**
 * Makes an HTTP server in front of a FastCGI application: for development without a web server, and for
 * tests: `await request(createGateway(app)).get('/')`.
 *
 * A request listener, or a `Server` that does not listen when the first request comes, is served on a
 * private Unix socket (Windows: a named pipe) from the first request until the gateway is closed. A server
 * that does listen is left alone.
 *
 * @throws {TypeError} if the target is none; {TypeError} or {RangeError} for a wrong option
 */
export function createGateway(target: GatewayTarget, options?: GatewayOptions): Gateway {
  return new Gateway(target, options);
}
