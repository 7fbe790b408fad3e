import { Program } from '../support/program.ts';

/*
 * Programs of their own: what measures the coverage of the tests keeps objects of theirs alive.
 */

const PROLOGUE = `
  import { setFlagsFromString } from 'node:v8';
  import { runInNewContext } from 'node:vm';
  import { PassThrough } from 'node:stream';
  import { text } from 'node:stream/consumers';

  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  async function collect(times) {
    for (let i = 0; i < times; i++) {
      gc();
      await turn();
    }
  }

  const LENGTH = 3_000_000;
  const server = fcgi.createServer((req, res) => res.end(req.url === '/large' ? 'x'.repeat(LENGTH) : 'hello'));
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const client = new fcgi.Client(server, { maxConnections: 1 });
  async function end() {
    await client.close();
    server.close();
  }
`;

async function prints(code: string, expected: string): Promise<void> {
  const program = new Program(PROLOGUE + code);
  try {
    await program.printed(expected);
    expect([await program.exit(), program.stderr]).toEqual([0, '']);
  } finally {
    await program.stop();
  }
}

test('a body that nobody has any more gives its connection back', () =>
  prints(
    `
      const forget = async () => (await client.request({ url: '/large' })).statusCode;
      console.log(await forget());
      let served = false;
      const next = client.request({ url: '/next' }).then(async ({ body }) => {
        served = true;
        console.log(await text(body));
      });
      while (!served) await collect(1);
      await next;
      await end();
    `,
    '200\nhello\n',
  ));

test('a body that somebody has is not given up, however long its reader takes', () =>
  prints(
    `
      const { body } = await client.request({ url: '/large' });
      await collect(20);
      let length = 0;
      for await (const chunk of body) {
        length += chunk.length;
        gc();
      }
      console.log(length === LENGTH);
      await end();
    `,
    'true\n',
  ));

test('a body that is piped is not given up', () =>
  prints(
    `
      const pipe = async () => (await client.request({ url: '/large' })).body.pipe(new PassThrough());
      const piped = await pipe();
      await collect(20);
      console.log((await text(piped)).length === LENGTH);
      await end();
    `,
    'true\n',
  ));
