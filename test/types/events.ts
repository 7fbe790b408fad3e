import type http from 'node:http';
import type net from 'node:net';
import type { Duplex } from 'node:stream';
import { expectTypeOf } from 'expect-type';
import * as fcgi from '../../src/index.ts';

/* Never run: `npm run types` compiles it. */

const server = fcgi.createServer();

expectTypeOf<keyof fcgi.ServerEvents>().toEqualTypeOf<
  | 'close'
  | 'connection'
  | 'error'
  | 'listening'
  | 'drop'
  | 'request'
  | 'clientError'
  | 'handlerError'
  | 'dropRequest'
  | 'timeout'
>();

for (const subscribe of [server.on, server.once]) expectTypeOf(subscribe).not.toBeAny();

// Events beside those of net.Server
server.on('request', (req, res) => {
  expectTypeOf(req).toEqualTypeOf<http.IncomingMessage>();
  expectTypeOf(res).toEqualTypeOf<http.ServerResponse>();
  expectTypeOf(req.fastcgi).toEqualTypeOf<fcgi.RequestContext | undefined>();
});
server.once('request', async (req, res) => {
  expectTypeOf(req).toEqualTypeOf<http.IncomingMessage>();
  expectTypeOf(res).toEqualTypeOf<http.ServerResponse>();
});
server.on('clientError', (error, socket) => {
  expectTypeOf(error).not.toBeAny();
  expectTypeOf(error).toExtend<Error>();
  expectTypeOf(error.code).toEqualTypeOf<string | undefined>();
  expectTypeOf(socket).toEqualTypeOf<Duplex>();
  if (error instanceof fcgi.ProtocolError) {
    expectTypeOf(error.code).toExtend<fcgi.ProtocolErrorCode>();
  }
});
server.on('handlerError', (error, req) => {
  expectTypeOf(error).toEqualTypeOf<unknown>();
  expectTypeOf(req).toEqualTypeOf<http.IncomingMessage>();
});
server.on('dropRequest', (socket) => {
  expectTypeOf(socket).toEqualTypeOf<net.Socket>();
});
server.on('timeout', (socket) => {
  expectTypeOf(socket).toEqualTypeOf<Duplex>();
});

// Those of net.Server
server.on('connection', (socket) => {
  expectTypeOf(socket).toEqualTypeOf<net.Socket>();
});
server.on('error', (error) => {
  expectTypeOf(error).toEqualTypeOf<Error>();
});
server.on('drop', (data) => {
  expectTypeOf(data).toEqualTypeOf<net.DropArgument | undefined>();
});
server.once('listening', () => {});
server.once('close', () => {});

// They can be chained, and any other name is an event as on each emitter.
expectTypeOf(server.on('request', () => {})).toEqualTypeOf<fcgi.Server>();
expectTypeOf(server.once('listening', () => {})).toEqualTypeOf<fcgi.Server>();
server.on('mine', (count: number) => void count);

// @ts-expect-error a listener is a function
server.on('request', 'listener');
// @ts-expect-error a request has no third argument
server.on('request', (req, res, next) => void [req, res, next]);
// @ts-expect-error what comes is no string
server.once('clientError', (error: string) => void error);
// @ts-expect-error a listener is needed
server.on('request');
// @ts-expect-error an event has a name
server.on(1, () => {});
