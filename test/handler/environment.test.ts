import { createServer as createHttpServer } from 'node:http';
import { Handler } from '../../src/handler/index.ts';
import { toRequestListener } from '../../src/server/listener.ts';
import { fetchHead, listening } from '../support/http-client.ts';
import { type Served, serving } from '../support/serve.ts';
import { begin, DATA, FILTER, GET, params, record, stdin } from '../support/wire.ts';
import { answerOf, carriers, servingHandler } from './serve-handler.ts';

class Environ extends Handler {
  handle() {
    const { environ } = this;
    const same = environ === this.environ;
    const prototype = Object.getPrototypeOf(environ);
    this.sendResponse(200, 'application/json', { ...environ, same, prototype });
  }
}

describe('environ', () => {
  test('holds the meta-variables in an object without a prototype', async () => {
    const { body } = await answerOf(Environ, { PATH_INFO: '/a', __proto__x: '1' });
    const expected = { ...GET, PATH_INFO: '/a', __proto__x: '1', same: true, prototype: null };
    expect(JSON.parse(body.toString())).toEqual(expected);
  });

  test.each(carriers)('is that of CGI over %s', async (_, fetch) => {
    const environ = JSON.parse((await fetch(Environ, '/a%20b?c=d')).body);
    expect(environ).toMatchObject({
      REQUEST_METHOD: 'GET',
      REQUEST_URI: '/a%20b?c=d',
      PATH_INFO: '/a b',
      QUERY_STRING: 'c=d',
      REMOTE_ADDR: '127.0.0.1',
      GATEWAY_INTERFACE: 'CGI/1.1',
      prototype: null,
    });
  });

  test('is there for the initializers of fields', async () => {
    class Fields extends Handler {
      readonly method = this.environ.REQUEST_METHOD;
      handle() {
        this.sendResponse(200, 'text/plain', this.method);
      }
    }
    expect((await answerOf(Fields)).body.toString()).toBe('GET');
  });
});

describe('stderr', () => {
  class Errors extends Handler {
    async handle() {
      await this.writeError('bytes ');
      await this.writeError(Buffer.from('and '));
      this.printError('lines', 1, null);
      this.sendResponse(204);
    }
  }

  test('is FCGI_STDERR', async () => {
    expect(await answerOf(Errors)).toMatchObject({
      stderr: 'bytes and lines 1 null\n',
      status: '204 No Content',
    });
  });

  test("is the process's standard error under plain http, which ending it leaves open", async () => {
    const written: string[] = [];
    const write = jest.spyOn(process.stderr, 'write').mockImplementation(((
      chunk: Buffer,
      callback: () => void,
    ) => {
      written.push(String(chunk));
      callback();
      return true;
    }) as never);
    class Ending extends Handler {
      handle() {
        this.printError('once');
        this.stderr.end();
        this.sendResponse(204);
      }
    }
    try {
      await listening(createHttpServer(toRequestListener(Ending)), async (server) => {
        for (const _ of [1, 2]) (await fetchHead(server)).resume();
      });
    } finally {
      write.mockRestore();
    }
    expect(written.join('')).toBe('once\nonce\n');
    expect(process.stderr.writableEnded).toBe(false);
  });
});

describe('data', () => {
  class Data extends Handler {
    async handle() {
      const pieces = await this.data.toArray();
      const again = await this.data.toArray();
      await this.sendResponse(200, 'text/plain', [`${Buffer.concat(pieces)}|${again.length}`]);
    }
  }

  test.each(carriers)('is empty over %s', async (_, fetch) => {
    expect((await fetch(Data, '/')).body).toBe('|0');
  });

  test('is the FCGI_DATA of a Filter', async () => {
    const use = async ({ connect }: Served) => {
      const variables = { ...GET, FCGI_DATA_LENGTH: '4', FCGI_DATA_LAST_MOD: '0' };
      const peer = await connect();
      peer.send(begin(1, 1, FILTER), params(1, variables), stdin(1));
      peer.send(record(DATA, 1, 'file'), record(DATA, 1));
      expect((await peer.answer()).body.toString()).toBe('file|0');
    };
    await serving(() => {}, use, { filter: Data });
  });
});

test('req and res are those of the request', async () => {
  class Messages extends Handler {
    handle() {
      this.res.statusCode = 201;
      this.res.setHeader('X-Host', String(this.req.headers.host));
    }
  }
  const answer = await answerOf(Messages);
  expect(answer.head).toEqual([
    'Status: 201 Created',
    'X-Host: example.test',
    expect.any(String),
    'Content-Length: 0',
  ]);
});

test('concurrent requests have instances of their own', async () => {
  class Counter extends Handler {
    count = 0;
    async handle() {
      const name = (await this.read(1)).toString();
      this.count++;
      await this.readAll();
      await this.sendResponse(200, 'text/plain', `${name}${this.count}`);
    }
  }
  await servingHandler(Counter, async ({ peer }) => {
    const variables = { ...GET, REQUEST_METHOD: 'POST', CONTENT_LENGTH: '2' };
    for (const id of [1, 2, 3]) peer.send(begin(id), params(id, variables), record(5, id, `${id}`));
    for (const id of [3, 1, 2]) peer.send(record(5, id, '.'), record(5, id));
    const bodies = [1, 2, 3].map(async (id) => (await peer.answer(id)).body.toString());
    expect(await Promise.all(bodies)).toEqual(['11', '21', '31']);
  });
});
