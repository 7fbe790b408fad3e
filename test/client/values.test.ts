import { Client, getValues } from '../../src/client/index.ts';
import { createServer } from '../../src/index.ts';
import { within } from '../support/deadline.ts';
import { answer, FakePeer, faking } from '../support/fake-application.ts';
import { serving } from '../support/serve.ts';
import {
  GET_VALUES,
  GET_VALUES_RESULT,
  pairs,
  record,
  STDIN,
  STDOUT,
  UNKNOWN_TYPE,
  type WireRecord,
} from '../support/wire.ts';

/** Runs an application that answers FCGI_GET_VALUES. */
function answering<Result>(
  onQuestion: (peer: FakePeer) => void,
  use: (path: string, peers: readonly FakePeer[]) => Promise<Result>,
): Promise<Result> {
  return faking(
    () => {},
    ({ path, peers, server }) => {
      server.on('connection', (socket) => {
        socket.once('data', () => onQuestion(peers.at(-1) as FakePeer));
      });
      return use(path, peers);
    },
  );
}

const result = (values: Record<string, string>) => record(GET_VALUES_RESULT, 0, pairs(values));

test('asks for the names that the specification knows, with empty values and no request id', () =>
  answering(
    (peer) => peer.send(result({ FCGI_MPXS_CONNS: '1' })),
    async (path, peers) => {
      expect(await within('the values', getValues(path))).toEqual({ FCGI_MPXS_CONNS: '1' });
      expect(peers[0]?.records).toEqual([
        {
          type: GET_VALUES,
          requestId: 0,
          content: pairs({ FCGI_MAX_CONNS: '', FCGI_MAX_REQS: '', FCGI_MPXS_CONNS: '' }),
        },
        // For libfcgi, which takes the names for a stream.
        { type: GET_VALUES, requestId: 0, content: Buffer.alloc(0) },
      ]);
    },
  ));

test('asks for other names, and takes any name for data', () =>
  answering(
    (peer) => peer.send(result({ ['__proto__']: 'x', VERSION: 'h\xe9' })),
    async (path, peers) => {
      const values = await within('the values', getValues(path, ['VERSION']));
      expect(Object.entries(values)).toEqual([
        ['__proto__', 'x'],
        ['VERSION', 'h\xe9'],
      ]);
      expect(peers[0]?.records[0]?.content).toEqual(pairs({ VERSION: '' }));
    },
  ));

test('tells no values of an application that does not know the question', () =>
  answering(
    (peer) => peer.send(record(UNKNOWN_TYPE, 0, Buffer.of(GET_VALUES, 0, 0, 0, 0, 0, 0, 0))),
    async (path) => expect(await within('the values', getValues(path))).toEqual({}),
  ));

test('asks a server of this library', () =>
  serving(
    () => {},
    async ({ server }) => {
      expect(await within('the values', getValues(server))).toEqual({
        FCGI_MAX_CONNS: '65535',
        FCGI_MAX_REQS: '7',
        FCGI_MPXS_CONNS: '1',
      });
    },
    { maxConcurrentRequests: 7 },
  ));

test('closes the connection after the answer', () =>
  answering(
    (peer) => peer.send(result({})),
    async (path, peers) => {
      await using client = new Client(path);
      await within('the values', client.getValues());
      await within('close', peers[0]?.closed ?? Promise.reject());
    },
  ));

test('takes the place of an idle connection, if there may be no more', () => {
  let asked = 0;
  const onQuestion = (peer: FakePeer) => {
    asked++;
    peer.send(result({ A: '1' }));
  };
  const onRecord = (peer: FakePeer, { type, content }: WireRecord) => {
    if (type === GET_VALUES && content.length > 0) onQuestion(peer);
    if (type === STDIN) peer.send(answer('Status: 200\n\n'));
  };
  return faking(
    () => {},
    async ({ path, server, peers, connections }) => {
      server.removeAllListeners('connection');
      server.on('connection', (socket) => peers.push(new FakePeer(socket, onRecord)));
      await using client = new Client(path, { maxConnections: 1 });
      for (let turn = 1; turn <= 2; turn++) {
        await (await within('the head', client.request({ params: {} }))).completed;
        const both = Promise.all([client.getValues(['A']), client.getValues(['A'])]);
        expect(await within('the values', both)).toEqual([{ A: '1' }, { A: '1' }]);
        expect(asked).toBe(2 * turn);
        expect(await connections()).toBeLessThanOrEqual(1);
      }
    },
  );
});

test('fails when the connection closes before the answer', () =>
  answering(
    ({ socket }) => void socket.end(),
    async (path) => {
      await expect(within('the failure', getValues(path))).rejects.toMatchObject({
        code: 'ERR_FCGI_CONNECTION_CLOSED',
        message: expect.stringContaining(path),
      });
    },
  ));

test('fails when the application is silent', () =>
  answering(
    () => {},
    async (path) => {
      await expect(getValues(path, undefined, { timeout: 50 })).rejects.toMatchObject({
        code: 'ERR_FCGI_RESPONSE_TIMEOUT',
        limit: 50,
      });
    },
  ));

test.each([
  ['ERR_FCGI_UNEXPECTED_RECORD', 'a record of a request', record(STDOUT, 0, 'x')],
  ['ERR_FCGI_UNEXPECTED_RECORD', 'an answer with an id', record(GET_VALUES_RESULT, 1)],
  ['ERR_FCGI_NAME_VALUE_PAIR', 'pairs that run past the end', record(GET_VALUES_RESULT, 0, 'AA')],
  ['ERR_FCGI_VERSION', 'what is no record', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
])('fails with %s for %s', (code, _, bytes) =>
  answering(
    (peer) => peer.send(bytes),
    async (path) => {
      await expect(within('the failure', getValues(path))).rejects.toMatchObject({
        code,
        message: expect.stringContaining(path),
      });
    },
  ),
);

test('is given up by its signal, before it begins and while it waits', () => {
  const controller = new AbortController();
  return answering(
    () => controller.abort(new Error('enough')),
    async (path, peers) => {
      const { signal } = controller;
      await expect(within('abort', getValues(path, ['A'], { signal }))).rejects.toThrow('enough');
      await within('close', peers[0]?.closed ?? Promise.reject());
      await expect(getValues(path, ['A'], { signal })).rejects.toThrow('enough');
      expect(peers).toHaveLength(1);
    },
  );
});

test.each([[[1]], [['€']]])('refuses the names %j', async (names) => {
  await expect(getValues(':9', names as string[])).rejects.toThrow(TypeError);
});

test('refuses a server that does not listen', async () => {
  await expect(getValues(createServer())).rejects.toThrow('not listening');
});
