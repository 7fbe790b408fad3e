import type http from 'node:http';
import type net from 'node:net';
import { expectTypeOf } from 'expect-type';
import type * as fcgi from '../../src/index.ts';

/* Never run: `npm run types` compiles it. */

expectTypeOf<keyof fcgi.ServerChannels>().toEqualTypeOf<
  | 'fcgi.server.connection'
  | 'fcgi.server.connection.close'
  | 'fcgi.server.request.start'
  | 'fcgi.server.request.end'
  | 'fcgi.server.request.abort'
  | 'fcgi.server.request.refuse'
  | 'fcgi.server.error'
>();

declare const start: fcgi.ServerChannels['fcgi.server.request.start'];
expectTypeOf(start).toEqualTypeOf<fcgi.RequestMessage>();
expectTypeOf(start).toExtend<fcgi.ConnectionMessage>();
expectTypeOf(start.server).toEqualTypeOf<fcgi.Server>();
expectTypeOf(start.socket).toEqualTypeOf<net.Socket>();
expectTypeOf(start.peer).toEqualTypeOf<string>();
expectTypeOf(start.request).toEqualTypeOf<http.IncomingMessage>();
expectTypeOf(start.response).toEqualTypeOf<http.ServerResponse>();

declare const abort: fcgi.ServerChannels['fcgi.server.request.abort'];
expectTypeOf(abort.by).toEqualTypeOf<'web server' | 'application' | 'error'>();
expectTypeOf(abort.error).toEqualTypeOf<Error | undefined>();

declare const failure: fcgi.ServerChannels['fcgi.server.error'];
expectTypeOf(failure.error.code).toEqualTypeOf<string | undefined>();
expectTypeOf<fcgi.RequestEndMessage['appStatus']>().toEqualTypeOf<number>();
expectTypeOf<fcgi.RequestRefuseMessage['protocolStatus']>().toEqualTypeOf<number>();

// @ts-expect-error a connection has no request
type NoRequest = fcgi.ConnectionMessage['request'];
// @ts-expect-error messages do not change
start.requestId = 2;
// @ts-expect-error no channel has this name
type NoChannel = fcgi.ServerChannels['fcgi.server.request.begin'];
void (0 as unknown as NoRequest | NoChannel);
