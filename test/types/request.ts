import type http from 'node:http';
import type { Writable } from 'node:stream';
import { expectTypeOf } from 'expect-type';
import express, { type Request, type Response } from 'express';
import type * as fcgi from '../../src/index.ts';

/* Never run: `npm run types` compiles it. */

// `req.fastcgi` is there on every request of Node's, and absent when it came over plain HTTP.
expectTypeOf<http.IncomingMessage['fastcgi']>().not.toBeAny();
expectTypeOf<http.IncomingMessage['fastcgi']>().toEqualTypeOf<fcgi.RequestContext | undefined>();
expectTypeOf<Request['fastcgi']>().toEqualTypeOf<fcgi.RequestContext | undefined>();
expectTypeOf<Response>().not.toHaveProperty('fastcgi');

declare const req: http.IncomingMessage;

// @ts-expect-error it may be absent
req.fastcgi.id;
// @ts-expect-error it cannot be replaced
req.fastcgi = undefined;
// @ts-expect-error a response has none
(req as unknown as http.ServerResponse).fastcgi;

express().get('/', (request, response) => {
  expectTypeOf(request.fastcgi?.params.REMOTE_USER).toEqualTypeOf<string | undefined>();
  request.fastcgi?.stderr.write('a line for the error log\n');
  response.end();
  // @ts-expect-error it may be absent
  request.fastcgi.params;
});

declare const context: fcgi.RequestContext;

expectTypeOf(context).not.toBeAny();
expectTypeOf(context.id).toEqualTypeOf<number>();
expectTypeOf(context.role).toEqualTypeOf<number>();
expectTypeOf(context.keepConnection).toEqualTypeOf<boolean>();
expectTypeOf(context.params).toEqualTypeOf<Readonly<Record<string, string>>>();
expectTypeOf(context.params.REMOTE_ADDR).toEqualTypeOf<string | undefined>();
expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
expectTypeOf(context.stderr).toEqualTypeOf<Writable>();

// @ts-expect-error the request's id is the web server's choice
context.id = 2;
// @ts-expect-error meta-variables are not changed
context.params.REMOTE_USER = 'root';
// @ts-expect-error a variable may be absent
context.params.REMOTE_PORT.length;
// @ts-expect-error no part has this name
context.environ;
