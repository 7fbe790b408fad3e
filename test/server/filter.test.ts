import { once } from 'node:events';
import fs from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { RequestContext } from '../../src/index.ts';
import { within } from '../support/deadline.ts';
import { Deferred } from '../support/deferred.ts';
import { serving } from '../support/serve.ts';
import {
  ABORT_REQUEST,
  begin,
  DATA,
  FILTER,
  GET,
  GET_VALUES,
  PARAMS,
  pairs,
  params,
  record,
  request,
  STDIN,
} from '../support/wire.ts';

const responder = (_req: IncomingMessage, res: ServerResponse) => {
  res.end('the responder');
};

const fastcgi = (req: IncomingMessage) => req.fastcgi as RequestContext;

/** BEGIN_REQUEST and PARAMS of a Filter. */
function ask(variables: Record<string, string> = {}, { id = 1, flags = 1 } = {}): Buffer {
  return Buffer.concat([begin(id, flags, FILTER), params(id, { ...GET, ...variables })]);
}

/** A whole stream, in records of up to 50,000 bytes, and its end. */
function stream(type: number, content: string | Buffer, id = 1): Buffer {
  const bytes = Buffer.from(content);
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 50_000) {
    records.push(record(type, id, bytes.subarray(at, at + 50_000)));
  }
  return Buffer.concat([...records, record(type, id)]);
}

const MIB = 1024 * 1024;

/** More than the memory of a spool, and of the sockets between the two ends. */
const LARGE = Buffer.alloc(8 * MIB, 'large file ');

test('gives a Filter the body, the file, its length and its time', async () => {
  await serving(
    responder,
    async ({ connect }) => {
      const variables = {
        REQUEST_METHOD: 'POST',
        CONTENT_LENGTH: '4',
        FCGI_DATA_LENGTH: '9',
        FCGI_DATA_LAST_MOD: '846000000',
      };
      const answer = await (await connect()).exchange(
        Buffer.concat([ask(variables), stream(STDIN, 'body'), stream(DATA, 'some file')]),
      );
      expect(answer.body.toString()).toBe('3 body 9 846000000 SOME FILE');
    },
    {
      filter: async (req, res) => {
        const { role, params, data } = fastcgi(req);
        const body = await text(req);
        const file = await text(data);
        const { FCGI_DATA_LENGTH, FCGI_DATA_LAST_MOD } = params;
        res.end(`${role} ${body} ${FCGI_DATA_LENGTH} ${FCGI_DATA_LAST_MOD} ${file.toUpperCase()}`);
      },
    },
  );
});

test('dispatches a Filter at the end of PARAMS: it may answer without the file', async () => {
  await serving(
    responder,
    async ({ connect, errors }) => {
      const peer = await connect();
      const variables = { FCGI_DATA_LENGTH: '9' };
      expect((await peer.exchange(ask(variables))).body.toString()).toBe('from the cache');
      peer.send(stream(STDIN, ''), stream(DATA, 'some file'));
      expect((await peer.exchange(ask(variables))).body.toString()).toBe('from the cache');
      expect(errors).toEqual([]);
    },
    { filter: (_req, res) => void res.end('from the cache') },
  );
});

test.each<[string, Buffer]>([
  ['after STDIN', Buffer.concat([stream(STDIN, ''), record(DATA, 1, LARGE.subarray(0, 50_000))])],
  [
    'before its end too',
    Buffer.concat([stream(DATA, LARGE.subarray(0, 150_000)).subarray(0, -8), record(STDIN, 1)]),
  ],
])('the data wait until they are read, held back at the web server: %s', async (_name, begun) => {
  const started = new Deferred<[IncomingMessage, ServerResponse]>();
  await serving(
    responder,
    async ({ server, connect }) => {
      const connected = within('the connection', once(server, 'connection'));
      const peer = await connect();
      const [socket] = (await connected) as [Socket];
      const heldBack = within('a connection that is held back', once(socket, 'pause'));
      const rest = LARGE.subarray(begun.length > 100_000 ? 150_000 : 50_000);
      peer.send(ask({ FCGI_DATA_LENGTH: String(LARGE.length) }), begun, stream(DATA, rest));
      const [req, res] = await started.wait('the filter');
      await heldBack;
      const { data } = fastcgi(req);
      expect(socket.bytesRead).toBeLessThan(MIB);
      expect(data.readableLength).toBeLessThan(MIB);
      data.pipe(res);
      expect((await peer.answer()).body.equals(LARGE)).toBe(true);
    },
    { transport: 'unix', filter: (req, res) => started.resolve([req, res]) },
  );
});

test('an unread body does not hold up the data', async () => {
  await serving(
    responder,
    async ({ connect }) => {
      const variables = {
        REQUEST_METHOD: 'POST',
        CONTENT_LENGTH: String(LARGE.length),
        FCGI_DATA_LENGTH: '9',
      };
      const peer = await connect();
      peer.send(ask(variables), stream(STDIN, LARGE), stream(DATA, 'some file'));
      const { body } = await peer.answer();
      expect(body.toString()).toBe(`some file ${LARGE.length}`);
    },
    {
      transport: 'unix',
      filter: async (req, res) => {
        const file = await text(fastcgi(req).data);
        const body = await text(req);
        res.end(`${file} ${body.length}`);
      },
    },
  );
});

test('unread data do not hold up another request of the connection', async () => {
  const started = new Deferred<[IncomingMessage, ServerResponse]>();
  await serving(
    responder,
    async ({ connect }) => {
      const peer = await connect();
      const variables = { FCGI_DATA_LENGTH: String(LARGE.length) };
      peer.send(record(GET_VALUES, 0, pairs({ FCGI_MPXS_CONNS: '' })));
      peer.send(ask(variables), stream(STDIN, ''), stream(DATA, LARGE), request({ id: 2 }));
      expect((await peer.answer(2)).body.toString()).toBe('the responder');
      const [req, res] = await started.wait('the filter');
      fastcgi(req).data.pipe(res);
      expect((await peer.answer(1)).body.equals(LARGE)).toBe(true);
    },
    { transport: 'unix', filter: (req, res) => started.resolve([req, res]) },
  );
});

test('data that were given up are thrown away as they come, and hold nothing up', async () => {
  const closed = new Deferred<boolean | undefined>();
  const folders = jest.spyOn(fs, 'mkdtempSync');
  try {
    await serving(
      responder,
      async ({ connect }) => {
        const peer = await connect();
        peer.send(ask(), stream(STDIN, ''), stream(DATA, LARGE), record(ABORT_REQUEST, 1));
        expect((await peer.answer()).head).toEqual([]);
        expect(await closed.wait('the abort')).toBe(true);
        expect(folders).not.toHaveBeenCalledWith(expect.stringContaining('fcgi-body-'));
      },
      {
        transport: 'unix',
        filter: (req, res) => {
          fastcgi(req).data.destroy();
          res.on('close', () => closed.resolve(req.fastcgi?.signal.aborted));
        },
      },
    );
  } finally {
    folders.mockRestore();
  }
});

test.each([
  ['more', '123456', '5'],
  ['fewer', '1234', '5'],
  ['no', '', '5'],
  ['too many where none should be', '1', '0'],
])('fails the data with ERR_FCGI_BODY_LENGTH: %s bytes', async (_name, content, length) => {
  const failed = new Deferred<NodeJS.ErrnoException>();
  const started = new Deferred<void>();
  await serving(
    responder,
    async ({ connect, errors }) => {
      const peer = await connect();
      peer.send(ask({ FCGI_DATA_LENGTH: length }), stream(STDIN, ''));
      await started.wait('the filter');
      const answer = await peer.exchange(stream(DATA, content));
      expect(answer.status).toBe('400 Bad Request');
      const error = await failed.wait('the error');
      expect(error).toMatchObject({
        code: 'ERR_FCGI_BODY_LENGTH',
        limit: Number(length),
        requestId: 1,
      });
      expect(errors).toEqual([error]);
      expect((await peer.exchange(request())).body.toString()).toBe('the responder');
    },
    {
      filter: (req) => {
        fastcgi(req).data.on('error', failed.resolve).resume();
        started.resolve();
      },
    },
  );
});

test('a failure of data that nobody listens to ends no process', async () => {
  const closed = new Deferred<Readable>();
  const started = new Deferred<void>();
  await serving(
    responder,
    async ({ connect }) => {
      const peer = await connect();
      peer.send(ask({ FCGI_DATA_LENGTH: '3' }));
      await started.wait('the filter');
      expect((await peer.exchange(stream(DATA, ''))).status).toBe('400 Bad Request');
      const data = await closed.wait('close');
      await expect(text(data)).rejects.toMatchObject({ code: 'ERR_FCGI_BODY_LENGTH' });
    },
    {
      filter: (req) => {
        const { data } = fastcgi(req);
        data.on('close', () => closed.resolve(data));
        started.resolve();
      },
    },
  );
});

test.each(['-1', '1x', '99999999999999999999'])(
  'answers 400 to the FCGI_DATA_LENGTH %s',
  async (length) => {
    await serving(
      responder,
      async ({ connect, errors }) => {
        const answer = await (await connect()).exchange(ask({ FCGI_DATA_LENGTH: length }));
        expect(answer.status).toBe('400 Bad Request');
        expect(errors.map(({ code }) => code)).toEqual(['ERR_FCGI_META_VARIABLE']);
      },
      { filter: responder },
    );
  },
);

test('data of unknown length end when they end', async () => {
  await serving(
    responder,
    async ({ connect }) => {
      const bytes = Buffer.concat([ask(), stream(STDIN, ''), stream(DATA, 'any')]);
      expect((await (await connect()).exchange(bytes)).body.toString()).toBe('any');
    },
    { filter: (req, res) => void fastcgi(req).data.pipe(res) },
  );
});

test.each<[string, (peer: { send(bytes: Buffer): void; close(): void }) => void]>([
  ['FCGI_ABORT_REQUEST', (peer) => peer.send(record(ABORT_REQUEST, 1))],
  ['a closed connection', (peer) => peer.close()],
])('%s destroys the data with the error of req', async (_name, abort) => {
  const started = new Deferred<void>();
  const seen: string[] = [];
  const both = new Deferred<void>();
  const note = (name: string) => (error: NodeJS.ErrnoException) => {
    seen.push(`${name} ${error.code} ${error.message}`);
    if (seen.length === 2) both.resolve();
  };
  await serving(
    responder,
    async ({ connect }) => {
      const peer = await connect();
      peer.send(ask(), record(STDIN, 1, 'some'), record(DATA, 1, 'some'));
      await started.wait('the filter');
      abort(peer);
      await both.wait('both errors');
      expect(seen.sort()).toEqual(['data ECONNRESET aborted', 'req ECONNRESET aborted']);
    },
    {
      filter: (req) => {
        fastcgi(req).data.on('error', note('data')).resume();
        req.on('error', note('req')).resume();
        started.resolve();
      },
    },
  );
});

test('data still read when the response ends are read to their end if they have come', async () => {
  const started = new Deferred<[IncomingMessage, ServerResponse]>();
  await serving(
    responder,
    async ({ connect }) => {
      const peer = await connect();
      // Many records, so that most of them wait in the spool when the response ends.
      const file = Buffer.alloc(200_000, 'f');
      peer.send(record(GET_VALUES, 0, pairs({ FCGI_MPXS_CONNS: '' })));
      peer.send(ask(), stream(STDIN, ''), stream(DATA, file), request({ id: 2 }));
      await peer.answer(2);
      const [req, res] = await started.wait('the filter');
      const { data } = fastcgi(req);
      data.once('readable', () => res.end());
      await peer.answer(1);
      expect(await text(data)).toHaveLength(200_000);
    },
    { transport: 'unix', filter: (req, res) => started.resolve([req, res]) },
  );
});

test('data still read when the response ends are cut off if they have not wholly come', async () => {
  const failed = new Deferred<NodeJS.ErrnoException>();
  await serving(
    responder,
    async ({ connect }) => {
      const peer = await connect();
      await peer.exchange(Buffer.concat([ask(), record(DATA, 1, 'some')]));
      expect(await failed.wait('the error')).toMatchObject({ code: 'ECONNRESET' });
    },
    {
      filter: (req, res) => {
        fastcgi(req).data.on('error', failed.resolve);
        fastcgi(req).data.on('data', () => res.end());
      },
    },
  );
});

test('answers 408 when the data do not end within requestTimeout', async () => {
  await serving(
    responder,
    async ({ connect, errors }) => {
      const bytes = Buffer.concat([ask(), stream(STDIN, ''), record(DATA, 1, 'some')]);
      expect((await (await connect()).exchange(bytes)).status).toBe('408 Request Timeout');
      expect(errors.map(({ code }) => code)).toEqual(['ERR_FCGI_REQUEST_TIMEOUT']);
    },
    { requestTimeout: 20, filter: (req) => void fastcgi(req).data.resume() },
  );
});

test('req.fastcgi.data of another role is empty and ends', async () => {
  await serving(
    async (req, res) => {
      const { data } = fastcgi(req);
      res.end(`${data === fastcgi(req).data} "${await text(data)}"`);
    },
    async ({ connect }) => {
      expect((await (await connect()).exchange(request())).body.toString()).toBe('true ""');
    },
  );
});

test.each<[string, Buffer]>([
  ['before the end of PARAMS', Buffer.concat([begin(1, 1, FILTER), record(DATA, 1, 'x')])],
  ['after its end', Buffer.concat([ask(), stream(DATA, ''), record(DATA, 1, 'x')])],
  ['and PARAMS after their end', Buffer.concat([ask(), record(PARAMS, 1, 'x')])],
])('ends the connection: DATA of a Filter %s', async (_name, bytes) => {
  await serving(
    responder,
    async ({ connect, errors }) => {
      const peer = await connect();
      peer.send(bytes);
      await peer.closed();
      expect(errors.map(({ code }) => code)).toEqual(['ERR_FCGI_UNEXPECTED_RECORD']);
    },
    { filter: () => {} },
  );
});
