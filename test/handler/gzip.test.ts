import { once } from 'node:events';
import { createGunzip, gunzipSync } from 'node:zlib';
import { acceptsGzip } from '../../src/handler/accept-encoding.ts';
import { GzipHandler } from '../../src/handler/index.ts';
import { within } from '../support/deadline.ts';
import { Deferred } from '../support/deferred.ts';
import { END_REQUEST, request } from '../support/wire.ts';
import { answerOf, carriers, header, servingHandler, slowly } from './serve-handler.ts';

describe('gzip is preferred', () => {
  test.each<[string | undefined, boolean]>([
    [undefined, false],
    ['', false],
    ['gzip', true],
    ['GZIP', true],
    ['x-gzip', true],
    ['br, gzip;q=0.1', true],
    ['br', false],
    ['*', true],
    ['*;q=0', false],
    ['*;q=0, gzip', true],
    ['gzip;q=0', false],
    ['gzip;q=0.000', false],
    ['gzip; q=0.001', true],
    ['gzip;Q=1.000', true],
    ['gzip;q=0, *', false],
    ['identity, gzip', true],
    ['identity, gzip;q=0.5', false],
    ['identity;q=0.4,gzip;q=0.5', true],
    ['identity;q=0', false],
    ['gzip;q=2', false],
    ['gzip;q=0.1234', false],
    ['gzip;level=1', false],
    ['gzip;q=1;a=b', false],
    ['gzip;q=', false],
    ['deflate, gzip ;q=1.0, *;q=0.5', true],
  ])('by Accept-Encoding: %s: %s', (value, expected) => {
    expect(acceptsGzip(value)).toBe(expected);
  });
});

const TEXT = 'compressible '.repeat(200);
const ACCEPT = { HTTP_ACCEPT_ENCODING: 'gzip, br' };

type Arguments = Parameters<GzipHandler['sendResponse']>;

const gzipping = (...args: Arguments) =>
  class extends GzipHandler {
    handle() {
      this.sendResponse(...args);
    }
  };

describe('GzipHandler', () => {
  test('compresses what the client accepts compressed', async () => {
    const answer = await answerOf(
      gzipping(200, 'text/html', TEXT, { ETag: '"1"', Vary: 'Cookie' }),
      ACCEPT,
    );
    expect(header(answer, 'content-encoding')).toBe('gzip');
    expect(header(answer, 'vary')).toBe('Cookie, Accept-Encoding');
    expect(header(answer, 'etag')).toBe('W/"1"');
    expect(header(answer, 'content-length')).toBeUndefined();
    expect(answer.body.length).toBeLessThan(TEXT.length / 10);
    expect(gunzipSync(answer.body).toString()).toBe(TEXT);
  });

  test('compresses a raw response, an iterable, and bytes', async () => {
    class Raw extends GzipHandler {
      handle() {
        this.write(`Content-Type: text/plain\nContent-Length: ${TEXT.length}\n\n`);
        this.write(TEXT);
      }
    }
    class RawSlow extends Raw {
      override async handle() {
        this.write('Content-Type: text/plain\n\n');
        for (const word of TEXT.split(/(?<= )/)) {
          await this.write(word);
          await new Promise(setImmediate);
        }
      }
    }
    const iterable = () => slowly(TEXT.slice(0, 7), TEXT.slice(7));
    class Iterable extends GzipHandler {
      handle() {
        return this.sendResponse(200, 'text/plain', iterable());
      }
    }
    const bytes = gzipping(200, 'application/json', Buffer.from(TEXT));
    for (const Class of [Raw, RawSlow, Iterable, bytes]) {
      const answer = await answerOf(Class, ACCEPT);
      expect(header(answer, 'content-encoding')).toBe('gzip');
      expect(header(answer, 'content-length')).toBeUndefined();
      expect(gunzipSync(answer.body).toString()).toBe(TEXT);
    }
  });

  const asItIs: [string, Arguments, string | undefined][] = [
    ['the client does not accept', [200, 'text/plain', TEXT], undefined],
    ['is small', [200, 'text/plain', 'x'.repeat(1023)], 'gzip'],
    ['is empty', [200, 'text/plain', ''], 'gzip'],
    ['is an image', [200, 'image/png', TEXT], 'gzip'],
    ['is an archive', [200, 'application/zip', TEXT], 'gzip'],
    ['is a part', [206, 'text/plain', TEXT], 'gzip'],
    ['is encoded already', [200, 'text/plain', TEXT, { 'Content-Encoding': 'br' }], 'gzip'],
    [
      'must not be transformed',
      [200, 'text/plain', TEXT, { 'Cache-Control': 'public, no-transform' }],
      'gzip',
    ],
  ];

  test.each(asItIs)('leaves as it is what %s', async (_, args, accepted) => {
    const variables = accepted ? { HTTP_ACCEPT_ENCODING: accepted } : {};
    const answer = await answerOf(gzipping(...args), variables);
    expect(header(answer, 'content-encoding')).not.toBe('gzip');
    expect(answer.body.toString()).toBe(args[2]);
    expect(header(answer, 'content-length')).toBe(String(answer.body.length));
    expect(header(answer, 'vary')).toBe(accepted ? undefined : 'Accept-Encoding');
  });

  test.each([204, 304])('leaves a %i without a body', async (status) => {
    const answer = await answerOf(gzipping(status, 'text/plain', TEXT), ACCEPT);
    expect([answer.body.length, header(answer, 'content-encoding')]).toEqual([0, undefined]);
  });

  test('leaves a raw response without a type, and one without anything, as they are', async () => {
    class Untyped extends GzipHandler {
      handle() {
        this.write(`A: b\n\n${TEXT}`);
      }
    }
    class Empty extends GzipHandler {
      handle() {}
    }
    expect((await answerOf(Untyped, ACCEPT)).body.toString()).toBe(TEXT);
    expect(await answerOf(Empty, ACCEPT)).toMatchObject({ status: '200 OK', errors: [] });
  });

  test('gives HEAD the headers of GET without its body', async () => {
    const variables = { ...ACCEPT, REQUEST_METHOD: 'HEAD' };
    const answer = await answerOf(gzipping(200, 'text/plain', TEXT), variables);
    expect(answer.body.length).toBe(0);
    expect(header(answer, 'content-encoding')).toBe('gzip');
    expect(header(answer, 'content-length')).toBeUndefined();
  });

  test.each([
    ['*', '*', 'W/"1"'],
    ['accept-encoding, Cookie', 'accept-encoding, Cookie', 'W/"1"'],
  ])('keeps a Vary of %s and a weak ETag', async (vary, expected, etag) => {
    const Class = gzipping(200, 'text/plain', TEXT, { Vary: vary, ETag: etag });
    const answer = await answerOf(Class, ACCEPT);
    expect([header(answer, 'vary'), header(answer, 'etag')]).toEqual([expected, etag]);
  });

  test('takes level, threshold and types from its class', async () => {
    const Small = class extends gzipping(200, 'application/x-own', 'x'.repeat(100)) {
      static override threshold = 100;
      static override compressible(type: string) {
        return type === 'application/x-own' || GzipHandler.compressible(type);
      }
    };
    expect(header(await answerOf(Small, ACCEPT), 'content-encoding')).toBe('gzip');
    const off = class extends Small {
      static override level = 0;
    };
    expect(header(await answerOf(off, ACCEPT), 'content-encoding')).toBeUndefined();
    const sizes: number[] = [];
    for (const level of [1, 9]) {
      const Levelled = class extends gzipping(
        200,
        'text/plain',
        JSON.stringify(process.versions).repeat(40),
      ) {
        static override level = level;
      };
      sizes.push((await answerOf(Levelled, ACCEPT)).body.length);
    }
    expect(sizes[0]).toBeGreaterThan(sizes[1] as number);
  });

  test('lets nothing wait that was written', async () => {
    const release = new Deferred<void>();
    class Events extends GzipHandler {
      async handle() {
        this.write('Content-Type: text/event-stream\n\n');
        this.write('data: first\n\n');
        await release.wait('the release');
      }
    }
    await servingHandler(Events, async ({ peer }) => {
      peer.send(request({ variables: ACCEPT }));
      const output = () => Buffer.concat(peer.records.map(({ content }) => content));
      const body = () => output().subarray(output().indexOf('\r\n\r\n') + 4);
      await peer.until('the first event', () => body().length > 20);
      const gunzip = createGunzip();
      gunzip.write(body());
      const [text] = await within('the event', once(gunzip, 'data'));
      expect(String(text)).toBe('data: first\n\n');
      gunzip.destroy();
      release.resolve();
      expect(gunzipSync((await peer.answer()).body).toString()).toBe('data: first\n\n');
    });
  });

  test('stops when the client goes away', async () => {
    const gone = new Deferred<unknown>();
    class Endless extends GzipHandler {
      async handle() {
        const ticks = (function* () {
          for (;;) yield Buffer.from(Array.from({ length: 999 }, () => Math.random() * 256));
        })();
        await this.sendResponse(200, 'text/plain', ticks).catch(gone.resolve);
      }
    }
    await servingHandler(Endless, async ({ peer }) => {
      peer.send(request({ variables: ACCEPT }));
      await peer.until('output', () => peer.records.length > 0);
      peer.close();
      expect(await gone.wait('the end')).toMatchObject({ name: expect.any(String) });
    });
  });

  test('aborts a response that fails halfway, be it still in the compressor', async () => {
    const Class = gzipping(200, 'text/plain', slowly(TEXT, null as never));
    await servingHandler(Class, async ({ peer, handlerErrors }) => {
      peer.send(request({ variables: ACCEPT }));
      const last = () => peer.records.at(-1);
      await peer.until('the end', () => peer.ended || last()?.type === END_REQUEST);
      if (!peer.ended) expect(last()?.content.readUInt32BE(0)).toBe(1);
      expect(handlerErrors).toMatchObject([{ code: 'ERR_INVALID_ARG_TYPE' }]);
    });
  });

  test.each(carriers)('serves %s', async (_, fetch) => {
    const { body, headers } = await fetch(gzipping(200, 'text/plain', TEXT), '/');
    expect([body, headers.vary]).toEqual([TEXT, 'Accept-Encoding']);
  });
});
