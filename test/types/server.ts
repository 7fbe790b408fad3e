import type http from 'node:http';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { expectTypeOf } from 'expect-type';
import * as fcgi from '../../src/index.ts';

/* Never run: `npm run types` compiles it. */

const server = fcgi.createServer();

expectTypeOf(server).not.toBeAny();
expectTypeOf(server).toExtend<net.Server>();
expectTypeOf<keyof fcgi.Server>().not.toBeAny();

// listen()
expectTypeOf(server.listen()).toEqualTypeOf<fcgi.Server>();
expectTypeOf(server.listen(() => {})).toEqualTypeOf<fcgi.Server>();
expectTypeOf(server.listen('/run/app.sock')).toEqualTypeOf<fcgi.Server>();
expectTypeOf(server.listen('/run/app.sock', () => {})).toEqualTypeOf<fcgi.Server>();
expectTypeOf(server.listen('/run/app.sock', 511, () => {})).toEqualTypeOf<fcgi.Server>();
expectTypeOf(server.listen(9000)).toEqualTypeOf<fcgi.Server>();
expectTypeOf(server.listen(9000, () => {})).toEqualTypeOf<fcgi.Server>();
expectTypeOf(server.listen(9000, '127.0.0.1')).toEqualTypeOf<fcgi.Server>();
expectTypeOf(server.listen(9000, '127.0.0.1', () => {})).toEqualTypeOf<fcgi.Server>();
expectTypeOf(server.listen(9000, '127.0.0.1', 511, () => {})).toEqualTypeOf<fcgi.Server>();
expectTypeOf(server.listen(9000, 511, () => {})).toEqualTypeOf<fcgi.Server>();
expectTypeOf(server.listen({ path: '/run/app.sock', mode: 0o660 })).toEqualTypeOf<fcgi.Server>();
expectTypeOf(server.listen({ port: 9000, host: '::1' }, () => {})).toEqualTypeOf<fcgi.Server>();
expectTypeOf(
  server.listen({ path: '/run/app.sock', mode: undefined }),
).toEqualTypeOf<fcgi.Server>();
expectTypeOf(server.listen({ fd: 3 })).toEqualTypeOf<fcgi.Server>();

expectTypeOf<fcgi.ListenOptions['mode']>().toEqualTypeOf<number | undefined>();
expectTypeOf<fcgi.ListenOptions>().toExtend<net.ListenOptions>();

// @ts-expect-error permission bits are a number
const modeAsString: fcgi.ListenOptions = { path: '/run/app.sock', mode: '0660' };
// @ts-expect-error no option has this name
const unknownOption: fcgi.ListenOptions = { path: '/run/app.sock', permissions: 0o660 };
void modeAsString;
void unknownOption;
expectTypeOf(server.listen(new net.Server())).toEqualTypeOf<fcgi.Server>();
// @ts-expect-error a port is a number, a path a string
server.listen(true);
// @ts-expect-error there is no such place to listen
server.listen({ sock: '/run/app.sock' });
// @ts-expect-error the listener is a function
server.listen(9000, '127.0.0.1', 511, 'listening');
const start = () => {};
// @ts-expect-error five arguments are too many
server.listen(9000, '127.0.0.1', 511, start, start);

// The surface of http.Server.
expectTypeOf(server.timeout).toEqualTypeOf<number>();
expectTypeOf(server.requestTimeout).toEqualTypeOf<number>();
expectTypeOf(server.keepAliveTimeout).toEqualTypeOf<number>();
expectTypeOf(server.maxConnections).toEqualTypeOf<number>();
expectTypeOf(server.maxHeadersCount).toEqualTypeOf<number>();
expectTypeOf(server.listening).toEqualTypeOf<boolean>();
expectTypeOf(server.address()).toEqualTypeOf<string | net.AddressInfo | null>();
expectTypeOf(
  server.setTimeout(1000, (socket) => {
    expectTypeOf(socket).not.toBeAny();
    expectTypeOf(socket).toEqualTypeOf<Duplex>();
  }),
).toEqualTypeOf<fcgi.Server>();
expectTypeOf(server.setTimeout()).toEqualTypeOf<fcgi.Server>();
expectTypeOf(server.close()).toEqualTypeOf<fcgi.Server>();
expectTypeOf(
  server.close((error) => {
    expectTypeOf(error).toEqualTypeOf<Error | undefined>();
  }),
).toEqualTypeOf<fcgi.Server>();
expectTypeOf(server.closeIdleConnections()).toBeVoid();
expectTypeOf(server.closeAllConnections()).toBeVoid();
expectTypeOf(server[Symbol.asyncDispose]()).toEqualTypeOf<Promise<void>>();

// @ts-expect-error milliseconds
server.timeout = '1s';
// @ts-expect-error milliseconds
server.setTimeout('1s');
// @ts-expect-error a function
server.close(1);
// @ts-expect-error what http.Server has not is not here either
server.closeRequests();

// Where an http.Server's listener goes, ours goes.
const listener: http.RequestListener = () => {};
server.on('request', listener);
server.once('listening', () => {});

declare const emitterOnly: NodeJS.EventEmitter;
// @ts-expect-error a server is more than an emitter
const missing: fcgi.Server = emitterOnly;
void missing;
// @ts-expect-error a net.Server is no FastCGI server
const plain: fcgi.Server = new net.Server();
void plain;
