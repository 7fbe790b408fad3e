import type http from 'node:http';
import type net from 'node:net';
import { expectTypeOf } from 'expect-type';
import express from 'express';
import Koa from 'koa';
import * as fcgi from '../../src/index.ts';

/* Never run: `npm run types` compiles it. */

const listener: http.RequestListener = (_req, res) => void res.end();

// The call shapes of http.createServer().
expectTypeOf(fcgi.createServer()).toEqualTypeOf<fcgi.Server>();
expectTypeOf(fcgi.createServer(listener)).toEqualTypeOf<fcgi.Server>();
expectTypeOf(fcgi.createServer({})).toEqualTypeOf<fcgi.Server>();
expectTypeOf(fcgi.createServer({}, listener)).toEqualTypeOf<fcgi.Server>();
expectTypeOf(fcgi.createServer({}, undefined)).toEqualTypeOf<fcgi.Server>();
expectTypeOf(fcgi.createServer(express())).toEqualTypeOf<fcgi.Server>();
expectTypeOf(fcgi.createServer({ multiplex: false }, express())).toEqualTypeOf<fcgi.Server>();
expectTypeOf(fcgi.createServer(new Koa().callback())).toEqualTypeOf<fcgi.Server>();
expectTypeOf(new fcgi.Server()).toEqualTypeOf<fcgi.Server>();
expectTypeOf(new fcgi.Server({ base: 'auto' }, listener)).toEqualTypeOf<fcgi.Server>();

fcgi.createServer((req, res) => {
  expectTypeOf(req).not.toBeAny();
  expectTypeOf(req).toEqualTypeOf<http.IncomingMessage>();
  expectTypeOf(res).not.toBeAny();
  expectTypeOf(res).toExtend<http.ServerResponse>();
});
fcgi.createServer(async (_req, res) => {
  res.end();
});

// @ts-expect-error a listener is a function
fcgi.createServer('listener');
// @ts-expect-error the options come first
fcgi.createServer(listener, {});
// @ts-expect-error a listener is a function
fcgi.createServer({}, {});
// @ts-expect-error `res` is no string
fcgi.createServer((_req: http.IncomingMessage, _res: string) => {});
// @ts-expect-error three arguments are too many
fcgi.createServer({}, listener, listener);
// @ts-expect-error null is no options
fcgi.createServer(null);

// Options: every one may be left out, or be undefined.
expectTypeOf<fcgi.ServerOptions>().not.toBeAny();
expectTypeOf({} as const).toExtend<fcgi.ServerOptions>();
expectTypeOf<{
  readonly [Name in keyof fcgi.ServerOptions]: undefined;
}>().toExtend<fcgi.ServerOptions>();
expectTypeOf<fcgi.ServerOptions['multiplex']>().toEqualTypeOf<boolean | undefined>();
expectTypeOf<fcgi.ServerOptions['maxConcurrentRequests']>().toEqualTypeOf<number | undefined>();
expectTypeOf<fcgi.ServerOptions['maxConnections']>().toEqualTypeOf<number | undefined>();
expectTypeOf<fcgi.ServerOptions['maxRequests']>().toEqualTypeOf<number | undefined>();
expectTypeOf<fcgi.ServerOptions['maxParamsSize']>().toEqualTypeOf<number | undefined>();
expectTypeOf<fcgi.ServerOptions['paramsTimeout']>().toEqualTypeOf<number | undefined>();
expectTypeOf<fcgi.ServerOptions['requestTimeout']>().toEqualTypeOf<number | undefined>();
expectTypeOf<fcgi.ServerOptions['keepAliveTimeout']>().toEqualTypeOf<number | undefined>();
expectTypeOf<fcgi.ServerOptions['base']>().toEqualTypeOf<string | undefined>();
expectTypeOf<fcgi.ServerOptions['allowedClients']>().toEqualTypeOf<
  readonly string[] | net.BlockList | undefined
>();
expectTypeOf<fcgi.ServerOptions['values']>().toEqualTypeOf<
  Readonly<Record<string, string>> | undefined
>();

fcgi.createServer({
  multiplex: true,
  maxConcurrentRequests: Number.POSITIVE_INFINITY,
  maxRequests: 1000,
  allowedClients: ['192.0.2.0/24'],
  values: { FCGI_X: '1' },
  base: '/blog',
});

// @ts-expect-error no option has this name
fcgi.createServer({ multiplexing: true });
// @ts-expect-error an option of http that means nothing here
fcgi.createServer({ insecureHTTPParser: true });
// @ts-expect-error a boolean
fcgi.createServer({ multiplex: 'yes' });
// @ts-expect-error a number
fcgi.createServer({ maxRequests: '5' });
// @ts-expect-error a number
fcgi.createServer({ maxConcurrentRequests: null });
// @ts-expect-error milliseconds
fcgi.createServer({ paramsTimeout: '1 min' });
// @ts-expect-error a list
fcgi.createServer({ allowedClients: '127.0.0.1' });
// @ts-expect-error values are strings
fcgi.createServer({ values: { FCGI_MAX_CONNS: 1 } });
// @ts-expect-error a string
fcgi.createServer({ base: /blog/ });
// @ts-expect-error a class, not an object
fcgi.createServer({ IncomingMessage: {} });
// @ts-expect-error options are not changed
(({}) as fcgi.ServerOptions).multiplex = true;
