import http from 'node:http';
import type { Duplex } from 'node:stream';
import connect from 'connect';
import { expectTypeOf } from 'expect-type';
import express from 'express';
import supertest from 'supertest';
import * as fcgi from '../../src/index.ts';

/* Never run: `npm run types` compiles it. */

const listener: http.RequestListener = () => {};
const gateway = fcgi.createGateway(listener);

// Where an http.Server goes, a gateway goes.
const server: http.Server = gateway;
void server;
expectTypeOf(gateway).toExtend<http.Server>();
expectTypeOf(gateway.listen(8080)).toEqualTypeOf<fcgi.Gateway>();
supertest(gateway);
supertest.agent(gateway);

// Its targets
for (const target of ['/run/app.sock', { path: '/run/app.sock' }, { port: 9000 }] as const) {
  expectTypeOf(fcgi.createGateway(target)).toEqualTypeOf<fcgi.Gateway>();
}
fcgi.createGateway(fcgi.createServer());
fcgi.createGateway(express());
fcgi.createGateway(connect());
fcgi.createGateway(
  class extends fcgi.Handler {
    handle() {}
  },
);
// @ts-expect-error a port alone is no target
fcgi.createGateway(9000);

// Its own event
gateway.on('gatewayError', (error, req) => {
  expectTypeOf(error).not.toBeAny();
  expectTypeOf(error).toExtend<Error>();
  expectTypeOf(error.code).toEqualTypeOf<string | undefined>();
  expectTypeOf(req).toEqualTypeOf<http.IncomingMessage>();
  if (error instanceof fcgi.FcgiError) expectTypeOf(error.code).toEqualTypeOf<fcgi.FcgiErrorCode>();
});
gateway.once('gatewayError', async (_error, req) => void req.url);
// @ts-expect-error what comes is no string
gateway.on('gatewayError', (error: string) => void error);
// @ts-expect-error there is no response any more
gateway.on('gatewayError', (error, req, res) => void [error, req, res]);

// Those of http.Server
gateway.on('request', (req, res) => {
  expectTypeOf(req).toEqualTypeOf<http.IncomingMessage>();
  expectTypeOf(res).toEqualTypeOf<http.ServerResponse>();
});
gateway.on('clientError', (error, socket) => {
  expectTypeOf(error).toExtend<Error>();
  expectTypeOf(socket).toEqualTypeOf<Duplex>();
});
gateway.on('upgrade', (_req, _socket, head) => {
  expectTypeOf(head).toEqualTypeOf<Buffer>();
});
gateway.once('listening', () => {});
gateway.on('mine', (count: number) => void count);
expectTypeOf(gateway.on('close', () => {})).toEqualTypeOf<fcgi.Gateway>();
// @ts-expect-error a listener is needed
gateway.on('request');

// Its options
const options: fcgi.GatewayOptions = {
  root: '/srv/www',
  index: ['index.php', 'index.html'],
  scripts: /\.php$/,
  fallback: '/index.php',
  static: true,
  documentRoot: '/var/www',
  followSymlinks: false,
  params: (req) => {
    expectTypeOf(req).toEqualTypeOf<http.IncomingMessage>();
    return { REMOTE_USER: 'anna', REMOTE_PORT: undefined };
  },
  stderr: process.stderr,
  maxBodySize: 1_000_000,
  bufferRequests: true,
  maxHeaderSize: 16_384,
  accessLog: (line) => expectTypeOf(line).toEqualTypeOf<string>(),
  timeout: 1000,
  maxConnections: 8,
};
fcgi.createGateway('/run/app.sock', options);
fcgi.createGateway('/run/app.sock', { scripts: false, accessLog: true, index: undefined });
// @ts-expect-error scripts are a pattern, or none
fcgi.createGateway('/run/app.sock', { scripts: true });
// @ts-expect-error a pattern, no text
fcgi.createGateway('/run/app.sock', { scripts: '.php' });
// @ts-expect-error bytes are a number
fcgi.createGateway('/run/app.sock', { maxBodySize: '1m' });
// @ts-expect-error no option has this name
fcgi.createGateway('/run/app.sock', { documentroot: '/srv' });
// @ts-expect-error it is the proxy's
fcgi.createGateway('/run/app.sock', { fallthrough: false });

// proxy()
const blog = fcgi.proxy('/run/php/php-fpm.sock', { root: '/srv/blog', fallthrough: false });
expectTypeOf(blog).toEqualTypeOf<fcgi.ProxyMiddleware>();
expectTypeOf(blog.close()).toEqualTypeOf<Promise<void>>();
express().use('/blog', blog);
express.Router().use(blog);
express().get('/', blog);
connect().use('/blog', blog);
http.createServer(blog);
fcgi.createServer(blog);
fcgi.proxy(express());
// @ts-expect-error middleware logs in its own way
fcgi.proxy('/run/app.sock', { accessLog: true });
// @ts-expect-error a target is needed
fcgi.proxy();
