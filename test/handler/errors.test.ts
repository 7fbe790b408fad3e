import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { Handler } from '../../src/handler/index.ts';
import { toRequestListener } from '../../src/server/listener.ts';
import { within } from '../support/deadline.ts';
import { Deferred } from '../support/deferred.ts';
import { fetchHead, listening, send } from '../support/http-client.ts';
import { begin, GET, params, record, request } from '../support/wire.ts';
import { answerOf, carriers, servingHandler, slowly } from './serve-handler.ts';

const failure = new Error('from the handler', { cause: new Error('deeper') });

class ThrowingSync extends Handler {
  handle() {
    this.res.setHeader('X-Own', '1');
    this.printError('before');
    throw failure;
  }
}

class ThrowingAsync extends Handler {
  async handle() {
    this.res.statusMessage = 'Own';
    await this.read();
    throw failure;
  }
}

class ThrowingAfterText extends Handler {
  handle() {
    this.write('A: b\n\nbody');
    throw failure;
  }
}

class ThrowingConstructor extends Handler {
  readonly never = (() => {
    throw failure;
  })();
  handle() {}
}

const classes = { ThrowingSync, ThrowingAsync, ThrowingAfterText, ThrowingConstructor };

beforeEach(() => {
  jest.spyOn(process.stderr, 'write').mockImplementation(((_: unknown, callback?: () => void) => {
    callback?.();
    return true;
  }) as never);
});
afterEach(() => jest.restoreAllMocks());

describe('an error before anything was sent', () => {
  test.each(Object.entries(classes))('becomes a 500 and is reported: %s', async (name, Class) => {
    const answer = await answerOf(Class);
    expect(answer.status).toBe('500 Internal Server Error');
    expect(answer.body.toString()).toBe('Internal Server Error\n');
    expect(answer.head.join()).not.toMatch(/X-Own|A: b/);
    expect(answer.errors).toEqual([failure]);
    expect(answer.stderr).toMatch(/Error: from the handler\n\s+at .*cause.*Error: deeper/s);
    if (name === 'ThrowingSync') expect(answer.stderr).toMatch(/^before\n/);
    expect(answer.appStatus).toBe(0);
  });

  test.each(carriers)('becomes a 500 over %s', async (_, fetch) => {
    const answer = await fetch(ThrowingAsync, '/', 'body');
    expect(answer).toMatchObject({ status: 500, body: 'Internal Server Error\n' });
  });

  test('may be anything', async () => {
    class Strange extends Handler {
      async handle() {
        throw 'a string';
      }
    }
    const answer = await answerOf(Strange);
    expect([answer.status, answer.errors]).toEqual(['500 Internal Server Error', ['a string']]);
    expect(answer.stderr).toBe("'a string'\n");
  });

  test('is reported without FCGI_STDERR if the handler ended that', async () => {
    class Ended extends Handler {
      handle() {
        this.stderr.end('last');
        throw failure;
      }
    }
    const answer = await answerOf(Ended);
    expect(answer).toMatchObject({ stderr: 'last', errors: [failure] });
  });
});

describe('an error after a part of the response was sent', () => {
  class Halfway extends Handler {
    async handle() {
      await this.write('A: b\n\npart');
      await new Promise(setImmediate);
      throw failure;
    }
  }
  class HalfwayIterable extends Handler {
    async handle() {
      await this.sendResponse(200, 'text/plain', slowly('part', null as never));
    }
  }

  test.each([
    ['raw', Halfway],
    ['iterable', HalfwayIterable],
  ])('aborts the response, so that it does not pass for whole: %s', async (_, Class) => {
    await servingHandler(Class, async ({ peer, handlerErrors }) => {
      peer.send(request());
      await peer.closed();
      const text = Buffer.concat(peer.records.map(({ content }) => content)).toString();
      expect(text).toContain('part');
      expect(peer.records.map(({ type }) => type)).not.toContain(3);
      expect(handlerErrors).toHaveLength(1);
    });
  });

  test('cuts the connection of plain http', async () => {
    const server = createHttpServer(toRequestListener(Halfway));
    const reported = new Deferred<[unknown, IncomingMessage]>();
    server.on('handlerError', (...args: [unknown, IncomingMessage]) => reported.resolve(args));
    await listening(server, async () => {
      const res = await fetchHead(server, { path: '/half' });
      await expect(within('the body', res.toArray())).rejects.toMatchObject({ code: 'ECONNRESET' });
      const [error, req] = await reported.wait("'handlerError'");
      expect([error, req.url]).toEqual([failure, '/half']);
    });
  });
});

test('an error after the whole response is reported and changes nothing', async () => {
  class After extends Handler {
    async handle() {
      await this.sendResponse(200, 'text/plain', 'whole');
      throw failure;
    }
  }
  await servingHandler(After, async ({ peer, server }) => {
    const reported = new Deferred<unknown>();
    server.on('handlerError', reported.resolve);
    expect((await peer.exchange(request())).body.toString()).toBe('whole');
    expect(await reported.wait("'handlerError'")).toBe(failure);
  });
});

describe('a request that was cut off', () => {
  const reason = async (error: () => unknown) => {
    const started = new Deferred<void>();
    class Waiting extends Handler {
      async handle() {
        const aborted = new Deferred<void>();
        this.signal.addEventListener('abort', () => aborted.resolve());
        started.resolve();
        await aborted.wait('the signal');
        throw error();
      }
    }
    return servingHandler(Waiting, async ({ peer, handlerErrors }) => {
      peer.send(begin(), params(1, GET));
      await started.wait('the handler');
      peer.send(record(2, 1));
      await peer.answer();
      await within('the report', new Promise(setImmediate));
      return handlerErrors;
    });
  };

  test('aborts the signal; what the handler throws for that is not reported', async () => {
    expect(await reason(() => new DOMException('gone', 'AbortError'))).toEqual([]);
    expect(
      await reason(() => Object.assign(new Error(), { code: 'ERR_STREAM_PREMATURE_CLOSE' })),
    ).toEqual([]);
  });

  test('has its other errors reported', async () => {
    expect(await reason(() => failure)).toEqual([failure]);
    expect(await reason(() => 'gone')).toEqual(['gone']);
  });

  test('aborts the signal under plain http, and not when the response is complete', async () => {
    const signals: AbortSignal[] = [];
    const started = new Deferred<Handler>();
    class Watching extends Handler {
      async handle() {
        signals.push(this.signal);
        if (this.req.url === '/whole') return;
        started.resolve(this);
        await new Promise((resolve) => this.signal.addEventListener('abort', resolve));
      }
    }
    await listening(createHttpServer(toRequestListener(Watching)), async (server) => {
      (await fetchHead(server, { path: '/whole' })).resume();
      const req = send(server).end();
      const handler = await started.wait('the handler');
      expect(handler.aborted).toBe(false);
      const closed = new Deferred<void>();
      handler.signal.addEventListener('abort', () => closed.resolve());
      req.destroy();
      await closed.wait('the signal');
      expect(handler.aborted).toBe(true);
      expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
    });
  });

  test('has its signal aborted also if it is asked for late', async () => {
    const late = new Deferred<boolean>();
    const started = new Deferred<void>();
    class Late extends Handler {
      async handle() {
        started.resolve();
        await new Promise((resolve) => this.res.once('close', resolve));
        late.resolve(this.aborted);
        this.write('nobody reads');
      }
    }
    await listening(createHttpServer(toRequestListener(Late)), async (server) => {
      const req = send(server).end();
      await started.wait('the handler');
      req.destroy();
      expect(await late.wait('aborted')).toBe(true);
    });
  });
});

test('a class without handle() is answered with a 500', async () => {
  const answer = await answerOf(Handler as never);
  expect(answer.status).toBe('500 Internal Server Error');
  expect(answer.errors[0]).toBeInstanceOf(TypeError);
});
