import { serving } from '../support/serve.ts';
import { END_REQUEST, post, request, STDOUT } from '../support/wire.ts';

test('answers a request in one write: the head, the body, the end of STDOUT and FCGI_END_REQUEST', async () => {
  await serving(
    (_req, res) => {
      res.end('hello');
    },
    async ({ connect }) => {
      const peer = await connect();
      const answer = await peer.exchange(request());
      expect(answer.status).toBe('200 OK');
      expect(answer.body.toString()).toBe('hello');
      expect(peer.records.map(({ type, content }) => [type, content.length > 0])).toEqual([
        [STDOUT, true],
        [STDOUT, false],
        [END_REQUEST, true],
      ]);
      expect(peer.chunks).toHaveLength(1);
    },
  );
});

test('hands the body on', async () => {
  await serving(
    (req, res) => {
      req.pipe(res);
    },
    async ({ connect }) => {
      const peer = await connect();
      const body = Buffer.alloc(200_000, 'x');
      const answer = await peer.exchange(post(body));
      expect(answer.body.equals(body)).toBe(true);
    },
  );
});
