import { Readable } from 'node:stream';
import { Handler, type ResponseData } from '../../src/handler/index.ts';
import { within } from '../support/deadline.ts';
import { Deferred } from '../support/deferred.ts';
import { request } from '../support/wire.ts';
import { answerOf, sending, servingHandler, slowly } from './serve-handler.ts';

describe('an iterable', () => {
  test('that fails before its first piece leaves a 500, and one that is handled another response', async () => {
    async function* failing(): AsyncGenerator<string> {
      yield* [];
      throw new Error('no piece');
    }
    const answer = await answerOf(sending(200, 'text/plain', failing()));
    expect([answer.status, answer.errors[0]?.message]).toEqual([
      '500 Internal Server Error',
      'no piece',
    ]);
    class Handled extends Handler {
      async handle() {
        await this.sendResponse(200, 'text/plain', failing()).catch(() => this.sendResponse(503));
      }
    }
    expect(await answerOf(Handled)).toMatchObject({
      status: '503 Service Unavailable',
      errors: [],
    });
  });

  test('that fails unseen counts as a failure', async () => {
    class Unseen extends Handler {
      async handle() {
        this.sendResponse(200, 'text/plain', slowly(1 as never));
        for (let i = 0; i < 5; i++) await new Promise(setImmediate);
      }
    }
    const answer = await answerOf(Unseen);
    expect(answer.status).toBe('500 Internal Server Error');
    expect(answer.errors).toMatchObject([{ code: 'ERR_INVALID_ARG_TYPE' }]);
  });

  test('is made no faster than the client takes it', async () => {
    let made = 0;
    async function* many() {
      const chunk = Buffer.alloc(65_536);
      for (; made < 1000; made++) yield chunk;
    }
    await servingHandler(sending(200, 'a/b', many()), async ({ peer }) => {
      peer.socket.pause();
      peer.send(request());
      // The pieces come without waiting, so that only back-pressure can hold them up.
      for (let turns = 0, last = -1; turns < 500; turns++, last = made) {
        if (made !== last || made === 0) turns = 0;
        await new Promise(setImmediate);
      }
      expect(made).toBeLessThan(1000);
      peer.socket.resume();
      expect((await peer.answer()).body.length).toBe(65_536_000);
    });
  });

  test.each<[string, (returned: () => void) => ResponseData]>([
    [
      'an endless generator',
      async function* (returned) {
        try {
          for (;;) {
            yield 'tick';
            await new Promise(setImmediate);
          }
        } finally {
          returned();
        }
      },
    ],
    [
      'an iterator that waits for its next piece',
      (returned) => {
        const pieces = [Promise.resolve({ value: 'first', done: false as const })];
        const next = () => pieces.pop() ?? new Promise<never>(() => {});
        const end = async () => {
          returned();
          return { value: undefined, done: true as const };
        };
        return { [Symbol.asyncIterator]: () => ({ next, return: end }) };
      },
    ],
    [
      'a stream that has no more for now',
      (returned) => {
        const stream = new Readable({ read() {} }).on('close', returned);
        stream.push('first');
        return stream;
      },
    ],
    [
      'a sync iterable',
      (returned) =>
        (function* () {
          try {
            for (;;) yield Buffer.alloc(1_000_000);
          } finally {
            returned();
            // biome-ignore lint/correctness/noUnsafeFinally: what an iterator throws now concerns nobody
            throw new Error('from finally');
          }
        })(),
    ],
  ])('is told when the client goes away: %s', async (_, make) => {
    const returned = new Deferred<void>();
    const rejected = new Deferred<unknown>();
    class Source extends Handler {
      async handle() {
        const data = make(() => returned.resolve());
        await this.sendResponse(200, 'text/plain', data).catch((error) => {
          rejected.resolve(error);
          throw error;
        });
      }
    }
    await servingHandler(Source, async ({ peer, handlerErrors }) => {
      peer.send(request());
      await peer.until('output', () => peer.records.length > 0);
      peer.close();
      await returned.wait('return()');
      expect(await rejected.wait('the rejection')).toMatchObject({ code: 'ABORT_ERR' });
      await within('the report', new Promise(setImmediate));
      expect(handlerErrors).toEqual([]);
    });
  });

  test('is given up at once if the client is gone already', async () => {
    const rejected = new Deferred<unknown>();
    const stream = Readable.from(['x']);
    class Late extends Handler {
      async handle() {
        const closed = new Deferred<void>();
        this.res.once('close', closed.resolve);
        await closed.wait('the close');
        await this.sendResponse(200, 'text/plain', stream).catch(rejected.resolve);
        await this.sendResponse(200, 'text/plain', 'x');
      }
    }
    await servingHandler(Late, async ({ peer }) => {
      peer.send(request());
      peer.close();
      expect(await rejected.wait('the rejection')).toMatchObject({ code: 'ABORT_ERR' });
      expect(stream.destroyed).toBe(true);
    });
  });
});
