import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { within } from '../support/deadline.ts';
import { Deferred } from '../support/deferred.ts';
import { serving } from '../support/serve.ts';
import { begin, GET, params, record, request, STDIN, STDOUT } from '../support/wire.ts';

test('res.write() returns false when the web server does not read, and drain follows when it does', async () => {
  const blocked = new Deferred<[ServerResponse, number]>();
  const chunk = Buffer.alloc(64 * 1024, 'x');
  await serving(
    (_req, res) => {
      let written = 0;
      const fill = () => {
        written += chunk.length;
        if (res.write(chunk)) setImmediate(fill);
        else setImmediate(() => (res.writableNeedDrain ? blocked.resolve([res, written]) : fill()));
      };
      fill();
    },
    async ({ connect }) => {
      const peer = await connect();
      peer.socket.pause();
      peer.send(request());
      const [res, written] = await blocked.wait('a full connection');
      expect(res.writableNeedDrain).toBe(true);
      expect(res.writableLength).toBeGreaterThan(0);
      const drained = once(res, 'drain');
      peer.socket.resume();
      await within('drain', drained);
      expect(res.writableNeedDrain).toBe(false);
      res.end();
      expect((await peer.answer()).body.length).toBeGreaterThanOrEqual(written);
    },
    { transport: 'unix' },
  );
});

test('a pipe through a slow web server keeps its order and its bytes', async () => {
  const size = 8 * 1024 * 1024;
  await serving(
    (_req, res) => {
      let sent = 0;
      const more = () => {
        while (sent < size) {
          const piece = Buffer.alloc(Math.min(100_000, size - sent), (sent / 100_000) & 255);
          sent += piece.length;
          if (!res.write(piece)) return res.once('drain', more);
        }
        return res.end();
      };
      more();
    },
    async ({ connect }) => {
      const peer = await connect();
      const { body } = await peer.exchange(request());
      expect(body).toHaveLength(size);
      for (let at = 0; at < size; at += 100_000) expect(body[at]).toBe((at / 100_000) & 255);
    },
  );
});

test('a body that is not read stops the connection it has for itself', async () => {
  const started = new Deferred<[IncomingMessage, ServerResponse]>();
  await serving(
    (req, res) => started.resolve([req, res]),
    async ({ connect }) => {
      const peer = await connect();
      const size = 32 * 1024 * 1024;
      const sent = new Deferred<void>();
      peer.send(
        begin(),
        params(1, { ...GET, REQUEST_METHOD: 'POST', CONTENT_LENGTH: String(size) }),
      );
      const piece = record(STDIN, 1, Buffer.alloc(64_000));
      let left = size;
      const feed = () => {
        while (left > 0) {
          const next = left >= 64_000 ? piece : record(STDIN, 1, Buffer.alloc(left));
          left -= 64_000;
          if (!peer.socket.write(next)) return peer.socket.once('drain', feed);
        }
        return peer.socket.write(record(STDIN, 1), () => sent.resolve());
      };
      feed();
      const [req, res] = await started.wait('the listener');
      await within(
        'a paused connection',
        untilStill(() => peer.socket.writableLength),
      );
      expect(left).toBeGreaterThan(0);
      expect(req.readableLength).toBeLessThan(1024 * 1024);
      let bytes = 0;
      req.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      req.on('end', () => res.end(String(bytes)));
      await sent.wait('the rest of the body');
      expect((await peer.answer()).body.toString()).toBe(String(size));
    },
    { transport: 'unix' },
  );
});

/** Waits until the number is above 0 and has stayed the same for a while. */
async function untilStill(read: () => number): Promise<void> {
  for (let same = 0, last = -1; same < 20; ) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const now = read();
    same = now === last && now > 0 ? same + 1 : 0;
    last = now;
  }
}

test('the callbacks of writes come in order, once the bytes are on their way', async () => {
  const order: string[] = [];
  await serving(
    (_req, res) => {
      res.write('a', () => order.push('a'));
      res.write('b', () => order.push('b'));
      res.end('c', () => order.push('end'));
      res.on('finish', () => order.push('finish'));
      res.on('close', () => order.push('close'));
    },
    async ({ connect }) => {
      const peer = await connect();
      const answer = await peer.exchange(request());
      expect(answer.body.toString()).toBe('abc');
      await peer.exchange(request());
      expect(order.slice(0, 2)).toEqual(['a', 'b']);
      expect(order.slice(2, 5).sort()).toEqual(['close', 'end', 'finish']);
    },
  );
});

test('the writes of one turn share a record and a write', async () => {
  await serving(
    (_req, res) => {
      for (const text of ['one ', 'two ', 'three']) res.write(text);
      setImmediate(() => res.end());
    },
    async ({ connect }) => {
      const peer = await connect();
      await peer.exchange(request());
      const output = peer.records.filter(
        ({ type, content }) => type === STDOUT && content.length > 0,
      );
      expect(output).toHaveLength(1);
      expect(output[0]?.content.toString()).toMatch(/one two three$/);
    },
  );
});
