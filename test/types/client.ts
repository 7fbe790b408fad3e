import { createReadStream } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { expectTypeOf } from 'expect-type';
import * as fcgi from '../../src/index.ts';
import { Role } from '../../src/protocol/index.ts';

/* Never run: `npm run types` compiles it. */

expectTypeOf(fcgi.request).returns.toEqualTypeOf<Promise<fcgi.ClientResponse>>();
expectTypeOf(fcgi.getValues).returns.toEqualTypeOf<Promise<Record<string, string>>>();

// Targets.
fcgi.request('/run/app.sock');
fcgi.request({ path: '/run/app.sock' });
fcgi.request({ port: 9000 });
fcgi.request(fcgi.createServer());
// @ts-expect-error a port alone is no target
fcgi.request(9000);

// Requests.
fcgi.request(':9000', { method: 'POST', url: '/x?y', body: 'text' });
fcgi.request(':9000', { url: new URL('https://example.test/'), body: Buffer.of(1) });
fcgi.request(':9000', { body: createReadStream('x'), signal: AbortSignal.timeout(1) });
fcgi.request(':9000', { headers: { 'X-A': '1', 'X-B': ['1', '2'], 'X-C': 3, 'X-D': undefined } });
fcgi.request(':9000', { headers: new Headers() });
fcgi.request(':9000', { headers: new Map([['X-A', '1']]) });
fcgi.request(':9000', { headers: [['X-A', '1']] });
fcgi.request(':9000', { params: { SCRIPT_FILENAME: '/x.php', PATH_INFO: undefined } });
fcgi.request(':9000', { role: Role.FILTER, data: createReadStream('x') });
declare const headers: IncomingHttpHeaders;
fcgi.request(':9000', { headers });

// @ts-expect-error a variable is a string
fcgi.request(':9000', { params: { CONTENT_LENGTH: 1 } });
// @ts-expect-error a body is a string, bytes or a stream
fcgi.request(':9000', { body: { a: 1 } });
// @ts-expect-error no role has this number
fcgi.request(':9000', { role: 4 });
// @ts-expect-error a request has a connection of its own
fcgi.request(':9000', { maxConnections: 1 });
// @ts-expect-error no option has this name
fcgi.request(':9000', { path: '/' });

// Responses.
declare const response: fcgi.ClientResponse;
expectTypeOf(response).not.toBeAny();
expectTypeOf(response.statusCode).toEqualTypeOf<number>();
expectTypeOf(response.statusMessage).toEqualTypeOf<string>();
expectTypeOf(response.headers).toEqualTypeOf<IncomingHttpHeaders>();
expectTypeOf(response.rawHeaders).toEqualTypeOf<string[]>();
expectTypeOf(response.body).toEqualTypeOf<Readable>();
expectTypeOf(response.stderr).toEqualTypeOf<string>();
expectTypeOf(response.appStatus).toEqualTypeOf<number | undefined>();
expectTypeOf(response.protocolStatus).toEqualTypeOf<number | undefined>();
expectTypeOf(response.completed).resolves.toEqualTypeOf<fcgi.EndRequestBody>();
// @ts-expect-error a response is not changed
response.statusCode = 200;

// Clients.
const client = new fcgi.Client('/run/app.sock', { maxConnections: 4, multiplex: true });
expectTypeOf(client.request).returns.toEqualTypeOf<Promise<fcgi.ClientResponse>>();
expectTypeOf(client.close).returns.toEqualTypeOf<Promise<void>>();
expectTypeOf(client[Symbol.asyncDispose]).returns.toEqualTypeOf<Promise<void>>();
client.request();
client.getValues(['FCGI_MPXS_CONNS'], { timeout: 1000 });
// @ts-expect-error a number says how many
new fcgi.Client('/run/app.sock', { maxConnections: '4' });
// @ts-expect-error names are a list
client.getValues('FCGI_MPXS_CONNS');

// Records.
const onRecord: fcgi.RecordListener = (direction, record) => {
  expectTypeOf(direction).toEqualTypeOf<'sent' | 'received'>();
  expectTypeOf(record).toEqualTypeOf<fcgi.ObservedRecord>();
  expectTypeOf(record.content).toEqualTypeOf<Buffer>();
  // @ts-expect-error a record is not changed
  record.type = 1;
};
fcgi.request(':9000', { onRecord });
fcgi.getValues(':9000', ['A'], { onRecord, signal: AbortSignal.abort() });
new fcgi.Client(':9000', { onRecord });

// Errors.
declare const refused: fcgi.RequestRefusedError;
expectTypeOf(refused).toExtend<fcgi.FcgiError>();
expectTypeOf(refused.protocolStatus).toEqualTypeOf<number>();
