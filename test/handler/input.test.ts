import { Handler } from '../../src/handler/index.ts';
import { Deferred } from '../support/deferred.ts';
import { begin, GET, params, record } from '../support/wire.ts';
import { answerOf, carriers, servingHandler } from './serve-handler.ts';

const POST = { ...GET, REQUEST_METHOD: 'POST' };

describe('read(size)', () => {
  class Reader extends Handler {
    async handle() {
      const sizes: number[] = [(await this.read(0)).length];
      let all = '';
      for (;;) {
        const bytes = await this.read(3);
        sizes.push(bytes.length);
        all += bytes.toString('latin1');
        if (bytes.length === 0) break;
      }
      sizes.push((await this.read(3)).length, (await this.read()).length);
      await this.sendResponse(200, 'application/json', { sizes, all });
    }
  }

  test('returns at most so many bytes, and none at the end', async () => {
    const { body } = await answerOf(Reader, {}, '12345678');
    expect(JSON.parse(body.toString())).toEqual({ sizes: [0, 3, 3, 2, 0, 0, 0], all: '12345678' });
  });

  test('returns no bytes if there is no body', async () => {
    const { body } = await answerOf(Reader);
    expect(JSON.parse(body.toString())).toEqual({ sizes: [0, 0, 0, 0], all: '' });
  });

  test('returns what is there without waiting for more', async () => {
    await servingHandler(Reader, async ({ peer }) => {
      peer.send(begin(), params(1, { ...POST, CONTENT_LENGTH: '4' }), record(5, 1, '12'));
      const read = new Deferred<void>();
      setImmediate(read.resolve);
      await read.wait('a turn of the event loop');
      peer.send(record(5, 1, '34'), record(5, 1));
      expect(JSON.parse((await peer.answer()).body.toString()).all).toBe('1234');
    });
  });

  test('below 0 reads everything that is left', async () => {
    class Rest extends Handler {
      async handle() {
        const first = await this.read(2);
        const rest = await this.read(-1);
        await this.sendResponse(200, 'text/plain', `${first}|${rest}`);
      }
    }
    expect((await answerOf(Rest, {}, '12345')).body.toString()).toBe('12|345');
  });
});

test('readInto() fills a buffer and returns how many bytes it took', async () => {
  class Into extends Handler {
    async handle() {
      const buffer = new Uint8Array(4);
      const sizes = [
        await this.readInto(buffer),
        await this.readInto(buffer.subarray(1)),
        await this.readInto(buffer),
      ];
      await this.sendResponse(200, 'text/plain', `${sizes} ${Buffer.from(buffer)}`);
    }
  }
  expect((await answerOf(Into, {}, 'abcdef')).body.toString()).toBe('4,2,0 aefd');
});

describe('content() and readAll()', () => {
  class Content extends Handler {
    async handle() {
      const body = await this.content();
      const again = await this.content();
      const left = await this.readAll();
      this.sendResponse(200, 'application/octet-stream', body, {
        'X-Same': String(body === again),
        'X-Left': left.length,
      });
    }
  }

  test('content() is the whole body each time, and readAll() what is left of it', async () => {
    const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i & 255));
    const answer = await answerOf(Content, {}, bytes);
    expect(answer.body.equals(bytes)).toBe(true);
    expect(answer.head).toEqual(expect.arrayContaining(['X-Same: true', 'X-Left: 0']));
  });

  test.each(carriers)('read the body over %s', async (_, fetch) => {
    expect((await fetch(Content, '/', 'grüße')).body).toBe('grüße');
  });

  test('refuse more bytes than maxBodySize', async () => {
    class Limited extends Content {
      static override maxBodySize = 4;
    }
    const answer = await answerOf(Limited, {}, '12345');
    expect(answer.status).toBe('500 Internal Server Error');
    expect(answer.errors).toMatchObject([{ code: 'ERR_FCGI_BODY_LENGTH', limit: 4 }]);
    expect((await answerOf(Limited, {}, '1234')).body.toString()).toBe('1234');
  });

  test('fail when the request is cut off, which is not reported', async () => {
    const started = new Deferred<void>();
    const failed = new Deferred<unknown>();
    class Cut extends Handler {
      async handle() {
        started.resolve();
        try {
          await this.readAll();
        } catch (error) {
          failed.resolve(error);
          await this.readAll();
        }
      }
    }
    await servingHandler(Cut, async ({ peer, handlerErrors }) => {
      peer.send(begin(), params(1, { ...POST, CONTENT_LENGTH: '9' }), record(5, 1, '12'));
      await started.wait('the handler');
      peer.send(record(2, 1));
      expect(await failed.wait('the failure')).toMatchObject({ code: 'ECONNRESET' });
      expect((await peer.answer()).stderr).toBe('');
      expect(handlerErrors).toEqual([]);
    });
  });
});
