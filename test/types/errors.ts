import { expectTypeOf } from 'expect-type';
import * as fcgi from '../../src/index.ts';

/* Never run: `npm run types` compiles it. */

declare const error: fcgi.FcgiError;
declare const protocolError: fcgi.ProtocolError;

expectTypeOf(error).not.toBeAny();
expectTypeOf(error).toExtend<Error>();
expectTypeOf(error.code).toEqualTypeOf<fcgi.FcgiErrorCode>();
expectTypeOf(protocolError).toExtend<fcgi.FcgiError>();
expectTypeOf(protocolError.code).toEqualTypeOf<fcgi.ProtocolErrorCode>();
expectTypeOf<fcgi.ProtocolErrorCode>().toExtend<fcgi.FcgiErrorCode>();

// The codes are a union of literals, not any string.
expectTypeOf<string>().not.toExtend<fcgi.FcgiErrorCode>();
expectTypeOf<fcgi.FcgiErrorCode>().toExtend<`ERR_FCGI_${string}`>();
expectTypeOf<'ERR_FCGI_VERSION'>().toExtend<fcgi.ProtocolErrorCode>();
expectTypeOf<'ERR_FCGI_HEADER_COLLISION'>().toExtend<fcgi.FcgiErrorCode>();
expectTypeOf<'ERR_FCGI_HEADER_COLLISION'>().not.toExtend<fcgi.ProtocolErrorCode>();

expectTypeOf(error.requestId).toEqualTypeOf<number | undefined>();
expectTypeOf(error.type).toEqualTypeOf<number | undefined>();
expectTypeOf(error.limit).toEqualTypeOf<number | undefined>();
expectTypeOf(error.peer).toEqualTypeOf<string | undefined>();
expectTypeOf(error.cause).toEqualTypeOf<unknown>();

new fcgi.FcgiError('ERR_FCGI_CONNECT', 'message', { cause: new Error(), requestId: 1, limit: 2 });

// @ts-expect-error no error has this code
new fcgi.FcgiError('ERR_FCGI_UNHEARD_OF', 'message');
// @ts-expect-error a code of requests, not of the record stream
new fcgi.ProtocolError('ERR_FCGI_PARAMS_SIZE', 'message');
// @ts-expect-error no detail has this name
new fcgi.FcgiError('ERR_FCGI_CONNECT', 'message', { reason: 1 });
// @ts-expect-error an error without a message
new fcgi.FcgiError('ERR_FCGI_CONNECT');
// @ts-expect-error a code does not change
error.code = 'ERR_FCGI_CONNECT';
// @ts-expect-error no code is spelled like this
error.code === 'ERR_FCGI_TRUNCATE';
