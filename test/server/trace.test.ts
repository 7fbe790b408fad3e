import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from '../support/program.ts';
import { WebServer } from '../support/web-server.ts';
import { ABORT_REQUEST, begin, GET, params, record, request } from '../support/wire.ts';

const source = `
const server = fcgi.createServer((req, res) => {
  if (req.method === 'GET') res.end('hello');
});
server.listen(0, '127.0.0.1', () => console.log('port ' + server.address().port + '.'));
`;

/** What a server prints on standard error while `use` talks to it; the process id is left out. */
async function traced(
  debug: string,
  use: (peer: WebServer) => Promise<unknown>,
): Promise<{ lines: string[]; name: string }> {
  const program = new Program(source, { env: { ...process.env, NODE_DEBUG: debug } });
  try {
    await program.printed('.');
    const port = Number(/port (\d+)/.exec(program.stdout)?.[1]);
    const peer = await WebServer.connectTo({ port, host: '127.0.0.1' });
    const name = `#1 127.0.0.1:${peer.socket.localPort}`;
    await use(peer);
    peer.close();
    if (debug === 'fcgi') await program.printedError(`${name} closed`);
    await program.stop();
    const lines = program.stderr.split('\n').filter((line) => line !== '');
    return { lines: lines.map((line) => line.replace(/^FCGI \d+: /, '')), name };
  } finally {
    await program.stop();
  }
}

test('NODE_DEBUG=fcgi traces the records of each connection, and what ends it', async () => {
  const variables = params(1, GET);
  const { lines, name } = await traced('fcgi', async (peer) => {
    await peer.exchange(request());
    await peer.exchange(
      Buffer.concat([
        begin(3),
        params(3, { ...GET, REQUEST_METHOD: 'POST' }),
        record(ABORT_REQUEST, 3),
      ]),
      3,
    );
    peer.send(Buffer.from('HTTP'), Buffer.alloc(4));
    await peer.closed();
  });
  const head = 'Status: 200 OK\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\nContent-Length: 5\r\n\r\n';
  expect(lines).toEqual([
    `${name} connected`,
    `${name} < FCGI_BEGIN_REQUEST, request 1, 8 bytes`,
    `${name} < FCGI_PARAMS, request 1, ${variables.length - 16} bytes`,
    `${name} < FCGI_PARAMS, request 1, 0 bytes`,
    `${name} < FCGI_STDIN, request 1, 0 bytes`,
    `${name} > FCGI_STDOUT, request 1, ${head.length + 5} bytes`,
    `${name} > FCGI_STDOUT, request 1, 0 bytes`,
    `${name} > FCGI_END_REQUEST, request 1, 8 bytes`,
    `${name} < FCGI_BEGIN_REQUEST, request 3, 8 bytes`,
    `${name} < FCGI_PARAMS, request 3, ${variables.length - 16 + 1} bytes`,
    `${name} < FCGI_PARAMS, request 3, 0 bytes`,
    `${name} < FCGI_ABORT_REQUEST, request 3, 0 bytes`,
    `${name} > FCGI_END_REQUEST, request 3, 8 bytes`,
    `${name} failed: 127.0.0.1:${name.split(':')[1]}: FastCGI version 72 instead of 1`,
    `${name} closed`,
  ]);
});

test('docs/observability.md shows what is printed', async () => {
  const page = readFileSync(join(__dirname, '../../docs/observability.md'), 'utf8');
  const shown = [...page.matchAll(/^FCGI 4242: (.*)$/gm)].map(([, line]) => line as string);
  const size = (entries: object) => params(1, { ...GET, ...entries }).length - 16;
  const wanted = Number(/FCGI_PARAMS, request 1, (\d+) bytes/.exec(shown.join())?.[1]);
  // Behind a name of 6 bytes and a value of 128 and more.
  const filled = { HTTP_X: 'x'.repeat(wanted - size({}) - 6 - 5) };
  const { lines, name } = await traced('fcgi', (peer) =>
    peer.exchange(request({ variables: filled })),
  );
  const renamed = lines.map((line) => line.replace(name, '#1 192.0.2.1:4711'));
  expect(renamed.slice(0, shown.length)).toEqual(shown);
});

test('without NODE_DEBUG=fcgi nothing is printed', async () => {
  const { lines } = await traced('', (peer) => peer.exchange(request()));
  expect(lines).toEqual([]);
});
