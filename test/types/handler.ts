import type http from 'node:http';
import type { Readable, Writable } from 'node:stream';
import { expectTypeOf } from 'expect-type';
import * as fcgi from '../../src/index.ts';

/* Never run: `npm run types` compiles it. */

class Sync extends fcgi.Handler {
  override handle() {
    expectTypeOf(this.req).toEqualTypeOf<http.IncomingMessage>();
    expectTypeOf(this.environ.PATH_INFO).toEqualTypeOf<string | undefined>();
    expectTypeOf(this.stdin).toEqualTypeOf<Readable>();
    expectTypeOf(this.stdout).toEqualTypeOf<Writable>();
    expectTypeOf(this.signal).toEqualTypeOf<AbortSignal>();
    expectTypeOf(this.aborted).toEqualTypeOf<boolean>();
    // @ts-expect-error the environment is the request's
    this.environ.PATH_INFO = '/';
    // @ts-expect-error a chunk is a string or bytes
    this.write(1);
    // @ts-expect-error a status is a number
    this.sendResponse('200');
  }
}

class Async extends fcgi.GzipHandler {
  static override level = 9;
  static override threshold = 0;
  static override maxBodySize = 1;
  static override compressible(type: string): boolean {
    return type !== '';
  }

  override async handle() {
    expectTypeOf(await this.content()).toEqualTypeOf<Buffer>();
    expectTypeOf(await this.read(1)).toEqualTypeOf<Buffer>();
    expectTypeOf(await this.readInto(new Uint8Array(1))).toEqualTypeOf<number>();
    expectTypeOf(this.print(1, null, {})).toEqualTypeOf<Promise<void>>();
    await this.sendResponse(200, 'application/json', { a: [1, null] }, { 'X-A': ['b'] });
    await this.sendResponse(200, 'text/plain', this.lines());
    await this.sendResponse(200, 'text/plain', this.data);
    await this.sendRedirect('/', 303);
  }

  async *lines() {
    yield 'line\n';
    yield Buffer.of(1);
  }
}

expectTypeOf(Sync).toExtend<fcgi.HandlerClass>();
expectTypeOf(Async).toExtend<fcgi.HandlerClass>();
expectTypeOf(fcgi.createServer(Sync)).toEqualTypeOf<fcgi.Server>();
expectTypeOf(
  fcgi.createServer({ authorizer: Sync, filter: Async }, Sync),
).toEqualTypeOf<fcgi.Server>();

// @ts-expect-error an abstract class has no instances
fcgi.createServer(fcgi.Handler);
// @ts-expect-error an instance answers one request only
fcgi.createServer({}, new Sync({} as never, {} as never));
// @ts-expect-error a class that is no handler
fcgi.createServer(class {});

// @ts-expect-error a subclass has handle()
export class Without extends fcgi.Handler {}
