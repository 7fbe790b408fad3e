import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Handler } from '../../src/handler/index.ts';
import { within } from '../support/deadline.ts';
import { Deferred } from '../support/deferred.ts';
import { request } from '../support/wire.ts';
import { answerOf, carriers, header, servingHandler } from './serve-handler.ts';

/** A handler that writes the texts, all in one turn. */
const printing = (...texts: (string | Uint8Array)[]) =>
  class extends Handler {
    handle() {
      for (const text of texts) this.write(text);
    }
  };

const turn = () => new Promise(setImmediate);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

/** Waits until a value stays what it is for many turns of the event loop. */
async function unchanged(value: () => number): Promise<void> {
  for (let last = -1, turns = 0; turns < 500; turns++, last = value()) {
    if (value() !== last) turns = 0;
    await turn();
  }
}

describe('what is written to stdout', () => {
  test('is a CGI response: head, empty line, body', async () => {
    class Page extends Handler {
      handle() {
        this.print('Content-Type: text/plain');
        this.print('Status: 202 Taken');
        this.print();
        this.print('one', 2, null);
        this.write(Buffer.of(0xff, 0));
      }
    }
    const answer = await answerOf(Page);
    expect(answer.status).toBe('202 Taken');
    expect(header(answer, 'content-type')).toBe('text/plain');
    expect(answer.body).toEqual(Buffer.from('one 2 null\n\xff\0', 'latin1'));
  });

  test.each(carriers)('is a CGI response over %s', async (_, fetch) => {
    const Class = printing('Status: 404\nContent-Type: text/plain\nX-A: ä\n\n', 'grüße');
    const { status, headers, body } = await fetch(Class, '/');
    expect({ status, body }).toEqual({ status: 404, body: 'grüße' });
    expect(headers).toMatchObject({
      'content-type': 'text/plain',
      'x-a': Buffer.from('ä').toString('latin1'),
      'content-length': '7',
    });
  });

  test('may be cut anywhere', async () => {
    const text = 'Status: 201\r\nA: b\r\n\r\nbody';
    class Pieces extends Handler {
      async handle() {
        for (const char of text) {
          await this.write(char);
          await turn();
        }
      }
    }
    const answer = await answerOf(Pieces);
    expect(answer.status).toBe('201 Created');
    expect(answer.body.toString()).toBe('body');
  });

  test('has its length if it was written in one turn', async () => {
    const answer = await answerOf(printing('A: b\n\n', 'four'));
    expect(header(answer, 'content-length')).toBe('4');
  });

  test('leaves when the turn is over, and the head too when no body has come', async () => {
    const release = new Deferred<void>();
    class Slow extends Handler {
      async handle() {
        this.write('A: b\n\n');
        await release.wait('the release');
        this.write('body');
      }
    }
    await servingHandler(Slow, async ({ peer }) => {
      peer.send(request());
      await peer.until('the head', () => peer.records.length > 0);
      expect(peer.records[0]?.content.toString()).toMatch(
        /^Status: 200 OK\r\nA: b\r\n.*\r\n\r\n$/s,
      );
      release.resolve();
      expect((await peer.answer()).body.toString()).toBe('body');
    });
  });

  test('keeps header lines of the same name apart, and replaces those that res had', async () => {
    class Cookies extends Handler {
      handle() {
        this.res.setHeader('X-Kept', '1');
        this.res.setHeader('Set-Cookie', 'old=1');
        this.write('Set-Cookie: a=1\nset-cookie: b=2\n\n');
      }
    }
    const { head } = await answerOf(Cookies);
    expect(head.filter((line) => /^(set-cookie|x-kept)/i.test(line))).toEqual([
      'X-Kept: 1',
      'Set-Cookie: a=1',
      'Set-Cookie: b=2',
    ]);
  });

  test('loses the headers that concern a connection', async () => {
    const Class = printing('Connection: close\nTransfer-Encoding: chunked\nA: b\n\nbody');
    const [, http] = carriers[0] as (typeof carriers)[number];
    expect(await http(Class, '/')).toMatchObject({ body: 'body', headers: { a: 'b' } });
    expect((await answerOf(Class)).head.join()).not.toMatch(/connection|transfer/i);
  });

  test('has no body for HEAD, 204 and 304', async () => {
    const head = await answerOf(printing('A: b\n\nbody'), { REQUEST_METHOD: 'HEAD' });
    expect(head.body.length).toBe(0);
    for (const status of ['204', '304']) {
      const answer = await answerOf(printing(`Status: ${status}\n\nbody`));
      expect([answer.status?.slice(0, 3), answer.body.length]).toEqual([status, 0]);
    }
  });

  test('takes a pipeline, and its end', async () => {
    class Piped extends Handler {
      async handle() {
        await pipeline(Readable.from(['A: b\n', '\n', 'x'.repeat(100_000)]), this.stdout);
      }
    }
    expect((await answerOf(Piped)).body.length).toBe(100_000);
  });
});

test('a handler that writes nothing answers with an empty 200', async () => {
  class Silent extends Handler {
    handle() {}
  }
  expect(await answerOf(Silent)).toMatchObject({ status: '200 OK', stderr: '' });
  class Opened extends Handler {
    handle() {
      this.stdout.end();
    }
  }
  expect(await answerOf(Opened)).toMatchObject({ status: '200 OK', stderr: '' });
});

test('a response that res began is ended', async () => {
  class Direct extends Handler {
    handle() {
      this.res.write('a');
    }
  }
  expect((await answerOf(Direct)).body.toString()).toBe('a');
});

describe('a head that is none', () => {
  test.each([
    ['has no header', 'Hello\n\nthere'],
    ['is only text', 'Hello'],
    ['does not end', 'Content-Type: text/plain\n'],
    ['holds a CR in a value', 'A: b\rc\n\n'],
    ['has an interim status', 'Status: 103\n\n'],
  ])('is answered with status 500 and reported if it %s', async (_, text) => {
    const answer = await answerOf(printing(text));
    expect(answer.status).toBe('500 Internal Server Error');
    expect(answer.errors).toMatchObject([{ code: 'ERR_FCGI_RESPONSE_HEAD' }]);
    expect(answer.stderr).toMatch(/ERR_FCGI_RESPONSE_HEAD/);
  });

  test('fails what is written after it', async () => {
    const failed = new Deferred<unknown>();
    class Bad extends Handler {
      async handle() {
        await this.write('Hello\n\n');
        await turn();
        await this.write('more').catch(failed.resolve);
      }
    }
    expect((await answerOf(Bad)).status).toBe('500 Internal Server Error');
    expect(await failed.wait('the failure')).toMatchObject({ code: 'ERR_FCGI_RESPONSE_HEAD' });
  });
});

describe('write()', () => {
  test('is rejected after the end of stdout', async () => {
    class Late extends Handler {
      async handle() {
        this.stdout.end('A: b\n\nbody');
        await this.write('more');
      }
    }
    const answer = await answerOf(Late);
    expect(answer.body.toString()).toBe('body');
    expect(answer.errors).toMatchObject([{ code: 'ERR_STREAM_WRITE_AFTER_END' }]);
  });

  test('cannot follow sendResponse()', async () => {
    class Twice extends Handler {
      handle() {
        this.sendResponse(200, 'text/plain', 'whole');
        this.write('A: b\n\nmore');
      }
    }
    const answer = await answerOf(Twice);
    expect(answer.body.toString()).toBe('whole');
    expect(answer.errors).toMatchObject([{ code: 'ERR_HTTP_HEADERS_SENT' }]);
  });

  test('waits while the web server takes nothing', async () => {
    let written = 0;
    class Flood extends Handler {
      async handle() {
        await this.write('A: b\n\n');
        const chunk = Buffer.alloc(65_536, 'x');
        for (; written < 1000; written++) await this.write(chunk);
      }
    }
    await servingHandler(Flood, async ({ peer }) => {
      peer.socket.pause();
      peer.send(request());
      await within(
        'the first write',
        until(() => written > 0),
      );
      await within(
        'back-pressure',
        unchanged(() => written),
      );
      expect(written).toBeLessThan(1000);
      peer.socket.resume();
      expect((await peer.answer()).body.length).toBe(65_536_000);
    });
  });

  test('is rejected when the request was cut off, which is not reported', async () => {
    const gone = new Deferred<readonly [unknown, boolean, boolean]>();
    class Endless extends Handler {
      async handle() {
        try {
          await this.write('A: b\n\n');
          for (;;) {
            await this.write('tick\n');
            await turn();
          }
        } catch (error) {
          gone.resolve([error, this.aborted, this.signal.aborted]);
          await this.print('nobody hears');
        }
      }
    }
    await servingHandler(Endless, async ({ peer, handlerErrors }) => {
      peer.send(request());
      await peer.until('output', () => peer.records.length > 1);
      peer.close();
      const [error, ...aborted] = await gone.wait('the end');
      expect(error).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' });
      expect(aborted).toEqual([true, true]);
      await within('the report', turn());
      expect(handlerErrors).toEqual([]);
    });
  });
});
