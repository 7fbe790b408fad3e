import fc from 'fast-check';
import { serving } from '../support/serve.ts';
import { begin, GET, KEEP_CONN, PARAMS, pairs, record, STDIN } from '../support/wire.ts';

// fast-check prints the seed and the smallest counter-example of a property that fails.

interface Sent {
  readonly id: number;
  readonly records: readonly Buffer[];
  readonly expected: string;
}

const piece = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes));

/** A request whose streams are cut anywhere. */
const sent = (id: number) =>
  fc
    .record({ body: fc.array(piece, { maxLength: 4 }), at: fc.nat(), late: fc.boolean() })
    .map(({ body, at, late }): Sent => {
      const content = Buffer.concat(body);
      const url = `/${id}${late ? '?late' : ''}`;
      const block = pairs({ ...GET, REQUEST_METHOD: 'POST', REQUEST_URI: url });
      const cut = at % block.length;
      const params = [block.subarray(0, cut), block.subarray(cut)].filter(
        ({ length }) => length > 0,
      );
      return {
        id,
        expected: `${url} ${content.toString('hex')}`,
        records: [
          begin(id, KEEP_CONN),
          ...params.map((part) => record(PARAMS, id, part)),
          record(PARAMS, id),
          ...body.map((part) => record(STDIN, id, part)),
          record(STDIN, id),
        ],
      };
    });

const requests = fc
  .uniqueArray(fc.constantFrom(1, 2, 3, 255, 256, 65_535), { minLength: 2, maxLength: 5 })
  .chain((ids) => fc.tuple(...ids.map(sent)));

test('any interleaving of multiplexed requests, in any chunks, gives each its own answer', async () => {
  await serving(
    (req, res) => {
      const pieces: Buffer[] = [];
      req.on('data', (bytes) => pieces.push(bytes));
      req.on('end', () => {
        const answer = () => res.end(`${req.url} ${Buffer.concat(pieces).toString('hex')}`);
        if (req.url?.endsWith('late')) setImmediate(answer);
        else answer();
      });
    },
    async ({ connect, errors }) => {
      const order = fc.array(fc.nat(), { maxLength: 60 });
      const sizes = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 10 });
      await fc.assert(
        fc.asyncProperty(requests, order, sizes, async (all, turns, chunks) => {
          const peer = await connect();
          const bytes = interleave(all, turns);
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = chunks[i % chunks.length] as number;
            peer.send(bytes.subarray(at, at + size));
            at += size;
            await new Promise((resolve) => setImmediate(resolve));
          }
          for (const { id, expected } of all) {
            expect((await peer.answer(id)).body.toString()).toBe(expected);
          }
          peer.close();
        }),
        { numRuns: 60 },
      );
      expect(errors).toEqual([]);
    },
    { transport: 'unix' },
  );
});

/** The records of all, each request's in their order. */
function interleave(all: readonly Sent[], turns: readonly number[]): Buffer {
  const queues = all.map(({ records }) => [...records]);
  const out: Buffer[] = [];
  for (let i = 0; queues.some((queue) => queue.length > 0); i++) {
    const left = queues.filter((queue) => queue.length > 0);
    out.push(left[(turns[i] ?? 0) % left.length]?.shift() as Buffer);
  }
  return Buffer.concat(out);
}
