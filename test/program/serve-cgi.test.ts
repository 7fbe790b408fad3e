import { once } from 'node:events';
import { within } from '../support/deadline.ts';
import { Program } from '../support/program.ts';
import { withServe } from './serve-programs.ts';

const programs: Program[] = [];

afterEach(async () => {
  for (const program of programs.splice(0)) await program.stop();
});

/** Starts a program as a CGI server does. */
function start(
  source: string,
  variables: NodeJS.ProcessEnv = {},
  stdin: 'ignore' | 'pipe' = 'ignore',
) {
  const env = { ...process.env, GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'GET', ...variables };
  const program = new Program(withServe(source), { env, stdio: [stdin, 'pipe', 'pipe'] });
  programs.push(program);
  return program;
}

async function outcome(program: Program) {
  const closed = once(program.process.stdout ?? program.process, 'close');
  const code = await program.exit();
  await within('the end of its output', closed);
  const [head = '', body = ''] = program.stdout.split('\r\n\r\n');
  return { code, status: head.split('\r\n')[0], body, stderr: program.stderr };
}

test('64 MiB pass both ways while standard input stays open, and the process ends by itself', async () => {
  const size = 64 * 1024 * 1024;
  const variables = { REQUEST_METHOD: 'POST', CONTENT_LENGTH: String(size) };
  const program = start('serve((req, res) => req.pipe(res));', variables, 'pipe');
  const { stdin, stdout } = program.process;
  let length = 0;
  stdout?.removeAllListeners('data').on('data', (chunk) => {
    length += chunk.length;
  });
  stdin?.write(Buffer.alloc(size, 'x'));
  stdin?.write('not the body');
  expect(await program.exit()).toBe(0);
  expect(length).toBeGreaterThan(size);
  stdin?.destroy();
});

test('what the application prints goes to standard error, and HTTP_PROXY to nobody', async () => {
  const program = start(
    `serve((req, res) => {
       console.log('logged');
       process.stdout.write('written\\n');
       res.end(process.env.HTTP_PROXY + ' ' + req.headers.proxy);
     });`,
    { HTTP_PROXY: 'http://evil/' },
  );
  expect(await outcome(program)).toEqual({
    code: 0,
    status: 'Status: 200 OK',
    body: 'undefined http://evil/',
    stderr: 'logged\nwritten\n',
  });
});

test.each([
  ['throws', '() => { throw new Error("broken") }'],
  ['throws later', '() => setTimeout(() => { throw new Error("broken") })'],
  ['rejects', 'async () => { throw new Error("broken") }'],
])('a listener that %s makes status 500 and exit code 1', async (_name, listener) => {
  const program = start(`setInterval(() => {}, 1000); serve(${listener}, { drainTimeout: 10 });`);
  const { code, status, stderr } = await outcome(program);
  expect([code, status]).toEqual([1, 'Status: 500 Internal Server Error']);
  expect(stderr).toContain('Error: broken');
});

test("an error that the application's own handler catches does not end the request", async () => {
  const program = start(`
    serve((req, res) => {
      process.on('uncaughtException', () => res.end('recovered'));
      setTimeout(() => { throw new Error('caught') });
    });`);
  expect(await outcome(program)).toMatchObject({ code: 0, body: 'recovered', stderr: '' });
});

test('what is left open holds the process up for drainTimeout, no longer', async () => {
  const program = start(`
    setInterval(() => {}, 1000);
    serve((req, res) => { req.fastcgi.appStatus = 258; res.end('done'); }, { drainTimeout: 20 });`);
  expect(await outcome(program)).toMatchObject({ code: 2, body: 'done' });
});

test('a reader that goes away is a disconnect, and exit code 0', async () => {
  const program = start(`
    serve((req, res) => {
      req.on('aborted', () => say('aborted')).on('error', () => {});
      req.fastcgi.signal.addEventListener('abort', () => { say('signal'); clearInterval(timer); });
      const timer = setInterval(() => res.write('x'), 1);
    });`);
  const closed = once(program.process, 'close');
  program.process.stdout?.once('data', () => program.process.stdout?.destroy());
  expect(await program.exit()).toBe(0);
  await within('its end', closed);
  expect(program.stderr.split('\n').sort()).toEqual(['', 'aborted', 'signal']);
});

test('a given log is told that the request came by CGI', async () => {
  const program = start("serve((req, res) => res.end(), { log: (line) => say(line + '!') });");
  expect((await outcome(program)).stderr).toBe('fcgi: CGI, one request!\n');
});
