import type { RequestListener } from 'node:http';
import { faking } from '../support/fake-application.ts';
import { serving } from '../support/serve.ts';
import { GET_VALUES, pairs, record, UNKNOWN_TYPE } from '../support/wire.ts';
import { fcgi, ONE_LINE } from './support/command.ts';
import { runHere } from './support/host.ts';

const hello: RequestListener = (req, res) =>
  void res.writeHead(req.url === '/up' ? 204 : 503).end();

/** An application of literal bytes that answers FCGI_GET_VALUES so. */
function answering(bytes: Buffer, args: readonly string[]) {
  return faking(
    () => {},
    async ({ path, server }) => {
      server.on('connection', (socket) => socket.once('data', () => socket.write(bytes)));
      return runHere([args[0] as string, path, ...args.slice(1)]);
    },
    { at: GET_VALUES },
  );
}

const UNKNOWN = record(UNKNOWN_TYPE, 0, Uint8Array.of(GET_VALUES, 0, 0, 0, 0, 0, 0, 0));

describe('fcgi values', () => {
  test('prints what the application knows', async () => {
    const options = { transport: 'unix', maxConnections: 7, values: { COLOR: 'blue' } } as const;
    await serving(
      hello,
      async ({ server }) => {
        const target = server.address() as unknown as string;
        const standard = 'FCGI_MAX_CONNS=7\nFCGI_MAX_REQS=1000\nFCGI_MPXS_CONNS=1\n';
        expect(await fcgi(['values', target])).toEqual({ code: 0, stdout: standard, stderr: '' });
        const { stdout } = await runHere(['values', target, 'COLOR,NOTHING,FCGI_MPXS_CONNS']);
        expect(stdout).toBe('COLOR=blue\nFCGI_MPXS_CONNS=1\n');
      },
      options,
    );
  });

  test('shows the records with -v', async () => {
    await serving(
      hello,
      async ({ server }) => {
        const target = server.address() as unknown as string;
        const { stderr } = await runHere(['values', target, 'FCGI_MAX_REQS', '-v']);
        expect(stderr).toContain('> FCGI_GET_VALUES id 0: 15 bytes\n>   FCGI_MAX_REQS = \n');
        const answer = '< FCGI_GET_VALUES_RESULT id 0: 19 bytes\n<   FCGI_MAX_REQS = 1000\n';
        expect(stderr).toContain(answer);
      },
      { transport: 'unix' },
    );
  });

  test('prints nothing for an application that does not know the question', async () => {
    expect(await answering(UNKNOWN, ['values'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('prints values without what could steer a terminal', async () => {
    const bytes = record(10, 0, pairs({ A: '\x1b[2J' }));
    expect((await answering(bytes, ['values', 'A'])).stdout).toBe('A=\\x1b[2J\n');
  });
});

describe('fcgi ping', () => {
  test('of an application that answers is exit code 0', async () => {
    await serving(
      hello,
      async ({ server }) => {
        const target = server.address() as unknown as string;
        const healthy = { code: 0, stdout: `${target} is healthy\n`, stderr: '' };
        expect(await fcgi(['ping', target])).toEqual(healthy);
        expect(await fcgi(['ping', target, '/up'])).toEqual(healthy);
        expect(await runHere(['ping', target, '--quiet'])).toEqual({ ...healthy, stdout: '' });
        expect(await runHere(['ping', target, '/up', '-q'])).toEqual({ ...healthy, stdout: '' });
      },
      { transport: 'unix' },
    );
  });

  test('of one that does not know the question is exit code 0: it speaks FastCGI', async () => {
    expect((await answering(UNKNOWN, ['ping'])).code).toBe(0);
  });

  test('of a status of 400 or above is exit code 22', async () => {
    await serving(
      hello,
      async ({ server }) => {
        const target = server.address() as unknown as string;
        const outcome = await fcgi(['ping', target, '/down']);
        expect(await runHere(['ping', target, '/down'])).toEqual(outcome);
        const { code, stdout, stderr } = outcome;
        expect([code, stdout]).toEqual([22, '']);
        expect(stderr).toBe(`fcgi: ${target} answered with the status 503 Service Unavailable\n`);
      },
      { transport: 'unix' },
    );
  });

  test('of one that is silent is exit code 28', async () => {
    await faking(
      () => {},
      async ({ path }) => {
        for (const args of [
          ['ping', path],
          ['ping', path, '/'],
          ['values', path],
        ]) {
          const { code, stdout, stderr } = await fcgi([...args, '-m', '0.1']);
          expect([code, stdout]).toEqual([28, '']);
          expect(stderr).toMatch(ONE_LINE);
          expect(stderr).toContain(path);
        }
      },
    );
  });

  test('of one that is not there is exit code 7', async () => {
    const { code, stderr } = await fcgi(['ping', '/no/folder/app.sock']);
    expect(code).toBe(7);
    expect(stderr).toMatch(ONE_LINE);
  });

  test('of what is no FastCGI is exit code 8', async () => {
    expect((await answering(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), ['ping'])).code).toBe(
      8,
    );
  });
});
