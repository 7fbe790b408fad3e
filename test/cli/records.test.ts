import type { RequestListener } from 'node:http';
import { describeRecord } from '../../src/cli/get/describe-record.ts';
import { RecordType } from '../../src/protocol/index.ts';
import { answer, faking } from '../support/fake-application.ts';
import { serving } from '../support/serve.ts';
import { pairs } from '../support/wire.ts';
import { fcgi } from './support/command.ts';
import { CommandProcess, runHere } from './support/host.ts';

const describeBytes = (type: number, content: string | Uint8Array, requestId = 1) =>
  describeRecord({ type, requestId, content: Buffer.from(content as string) });

describe('a record in words', () => {
  test.each([
    [
      RecordType.BEGIN_REQUEST,
      [0, 1, 1, 0, 0, 0, 0, 0],
      'FCGI_BEGIN_REQUEST id 1: FCGI_RESPONDER, FCGI_KEEP_CONN',
    ],
    [RecordType.BEGIN_REQUEST, [0, 3, 0, 0, 0, 0, 0, 0], 'FCGI_BEGIN_REQUEST id 1: FCGI_FILTER'],
    [RecordType.BEGIN_REQUEST, [1, 1, 0, 0, 0, 0, 0, 0], 'FCGI_BEGIN_REQUEST id 1: role 257'],
    [
      RecordType.END_REQUEST,
      [0, 0, 1, 0, 0, 0, 0, 0],
      'FCGI_END_REQUEST id 1: FCGI_REQUEST_COMPLETE, appStatus 256',
    ],
    [
      RecordType.END_REQUEST,
      [0, 0, 0, 0, 9, 0, 0, 0],
      'FCGI_END_REQUEST id 1: protocol status 9, appStatus 0',
    ],
    [RecordType.PARAMS, [1, 2, 3], 'FCGI_PARAMS id 1: 3 bytes'],
    [RecordType.STDIN, [], 'FCGI_STDIN id 1: end of the stream'],
    [RecordType.ABORT_REQUEST, [], 'FCGI_ABORT_REQUEST id 1'],
  ])('of type %d with %j', (type, content, head) => {
    expect(describeBytes(type, Uint8Array.from(content))).toEqual({ head, content: [] });
  });

  test('of text shows its lines, without what could steer a terminal', () => {
    expect(describeBytes(RecordType.STDOUT, 'Grüße\r\n\x1b[2J\tend\n')).toEqual({
      head: 'FCGI_STDOUT id 1: 18 bytes',
      content: ['Grüße', '\\x1b[2J\tend'],
    });
  });

  test('of anything else shows its bytes', () => {
    expect(describeBytes(RecordType.STDIN, `${'\0'.repeat(16)}PNG`).content).toEqual([
      '00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 ................',
      '50 4e 47                                        PNG',
    ]);
  });

  test('shows the first 2048 bytes, and how many more there are', () => {
    const { content } = describeBytes(RecordType.STDOUT, 'a'.repeat(3000));
    expect(content).toEqual(['a'.repeat(2048), '... and 952 bytes more']);
  });

  test('shows the pairs of management records', () => {
    const values = pairs({ FCGI_MAX_REQS: '5', FCGI_MPXS_CONNS: '' });
    expect(describeBytes(RecordType.GET_VALUES_RESULT, values, 0).content).toEqual([
      'FCGI_MAX_REQS = 5',
      'FCGI_MPXS_CONNS = ',
    ]);
  });

  test.each([
    ['pairs', RecordType.GET_VALUES_RESULT],
    ['FCGI_END_REQUEST', RecordType.END_REQUEST],
    ['FCGI_BEGIN_REQUEST', RecordType.BEGIN_REQUEST],
  ])('of malformed %s shows its bytes', (_, type) => {
    expect(describeBytes(type, '\x05').content).toEqual([`05${' '.repeat(46)}.`]);
  });

  test('of a type that there is not has its number', () => {
    expect(describeBytes(42, 'a').head).toBe('type 42 id 1: 1 bytes');
  });
});

describe('-v', () => {
  const listener: RequestListener = (req, res) => {
    req.fastcgi?.stderr.write('a note');
    req.resume().once('end', () => res.end('hello'));
  };

  test('shows the records in both directions, the answer apart from them', async () => {
    await serving(listener, async ({ server }) => {
      const { port } = server.address() as { port: number };
      const { code, stdout, stderr } = await fcgi(['get', `:${port}`, '/a?b', '-d', 'body', '-v']);
      expect([code, stdout]).toEqual([0, 'hello']);
      const lines = stderr.trimEnd().split('\n');
      expect(
        lines
          .filter((line) => /^[<>] FCGI/.test(line))
          .map((line) => line.replace(/\d+ bytes/, 'bytes')),
      ).toEqual([
        '> FCGI_BEGIN_REQUEST id 1: FCGI_RESPONDER',
        '> FCGI_PARAMS id 1: bytes',
        '> FCGI_PARAMS id 1: end of the stream',
        '> FCGI_STDIN id 1: bytes',
        '> FCGI_STDIN id 1: end of the stream',
        '< FCGI_STDERR id 1: bytes',
        '< FCGI_STDOUT id 1: bytes',
        '< FCGI_STDOUT id 1: end of the stream',
        '< FCGI_STDERR id 1: end of the stream',
        '< FCGI_END_REQUEST id 1: FCGI_REQUEST_COMPLETE, appStatus 0',
      ]);
      expect(lines).toEqual(
        expect.arrayContaining([
          '>   REQUEST_URI = /a?b',
          '>   body',
          '<   Status: 200 OK',
          '<   hello',
          '<   a note',
        ]),
      );
    });
  });

  test('shows variables that straddle records', async () => {
    const long = 'x'.repeat(70_000);
    await faking(
      (peer) => void peer.send(answer('Status: 200 OK\r\n\r\n')),
      async ({ path }) => {
        const { stderr } = await runHere(['get', path, '/', '-p', `LONG=${long}`, '-v']);
        expect(stderr.match(/> FCGI_PARAMS id 1: \d+ bytes/g)).toHaveLength(2);
        expect(stderr).toContain(`>   LONG = ${long}\n`);
      },
    );
  });

  test('is colored on a terminal', async () => {
    await serving(listener, async ({ server }) => {
      const { port } = server.address() as { port: number };
      const terminal = new CommandProcess().onTerminal('stderr');
      const { stderr } = await runHere(['get', `:${port}`, '/', '-v'], terminal);
      expect(stderr).toContain('> \x1b[36mFCGI_BEGIN_REQUEST id 1: FCGI_RESPONDER\x1b[0m\n');
      expect(stderr).toContain('< \x1b[32mFCGI_END_REQUEST');
    });
  });
});
