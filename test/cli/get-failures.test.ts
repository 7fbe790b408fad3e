import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answer, type FakePeer, faking } from '../support/fake-application.ts';
import { listening } from '../support/http-client.ts';
import { record, STDOUT } from '../support/wire.ts';
import { fcgi, ONE_LINE } from './support/command.ts';
import { runHere } from './support/host.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-get-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the built command, and the same in this process; it must fail in one line that names the target. */
async function failing(target: string, ...args: string[]) {
  const outcome = await fcgi(['get', target, '/', ...args]);
  expect(await runHere(['get', target, '/', ...args])).toEqual(outcome);
  expect(outcome.stderr).toMatch(ONE_LINE);
  expect(outcome.stderr).toContain(target);
  return outcome;
}

/** The same, of an application that answers so. */
function failingWith(answer: (peer: FakePeer) => void, ...args: string[]) {
  return faking(answer, ({ path }) => failing(path, ...args));
}

const HEAD = 'Status: 200 OK\r\nContent-Length: 9\r\n\r\n';

test('a target that refuses is exit code 7', async () => {
  const path = join(folder, 'nobody.sock');
  const { code, stderr } = await failing(path);
  expect(code).toBe(7);
  expect(stderr).toContain('ENOENT');
});

test('a port that refuses is exit code 7', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  await new Promise((closed) => server.close(closed));
  const { code, stderr } = await failing(`127.0.0.1:${port}`);
  expect(code).toBe(7);
  expect(stderr).toContain('ECONNREFUSED');
});

test('a file that is no socket is exit code 7', async () => {
  const path = join(folder, 'plain.sock');
  writeFileSync(path, '');
  expect((await failing(path)).code).toBe(7);
});

test('silence is exit code 28', async () => {
  const { code, stderr } = await failingWith(() => {}, '--timeout', '0.1');
  expect(code).toBe(28);
  expect(stderr).toContain('silent for 100 ms');
});

test('silence within the body is exit code 28, after what came of it', async () => {
  const half = record(STDOUT, 1, `${HEAD}half`);
  const { code, stdout } = await failingWith((peer) => void peer.send(half), '-m', '0.3');
  expect([code, stdout]).toEqual([28, 'half']);
});

test('an HTTP server is exit code 8', async () => {
  await listening(http.createServer(), async (server) => {
    const { port } = server.address() as net.AddressInfo;
    const { code, stderr } = await failing(`127.0.0.1:${port}`);
    expect(code).toBe(8);
    expect(stderr).toContain('speaks HTTP, not FastCGI');
  });
});

test('garbage is exit code 8', async () => {
  const { code, stderr } = await failingWith(({ socket }) => void socket.end('\0garbage'));
  expect(code).toBe(8);
  expect(stderr).toContain('FastCGI version 0 instead of 1');
});

test('an end within the head is exit code 52', async () => {
  const part = record(STDOUT, 1, 'Status: 200 OK\r\nContent-T');
  const { code, stderr } = await failingWith(({ socket }) => void socket.end(part));
  expect(code).toBe(52);
  expect(stderr).toContain('closed the connection');
});

test('FCGI_END_REQUEST within the head is exit code 8', async () => {
  const part = answer('Status: 200 OK\r\nContent-T');
  expect((await failingWith((peer) => void peer.send(part))).code).toBe(8);
});

test('a head that is none is exit code 8, told without what could steer a terminal', async () => {
  const head = answer('\x1b[2Jno header\r\n\r\n');
  const { code, stderr } = await failingWith((peer) => void peer.send(head));
  expect(code).toBe(8);
  expect(stderr).not.toContain('\x1b');
});

test('a record for another id is exit code 8', async () => {
  const stray = record(STDOUT, 7, HEAD);
  const { code, stderr } = await failingWith((peer) => void peer.send(stray));
  expect(code).toBe(8);
  expect(stderr).toContain('FCGI_STDOUT for the request id 7');
});

test('1 GiB of headers is exit code 8, long before its end', async () => {
  const line = `X-Long: ${'a'.repeat(65_000)}\r\n`;
  let sent = 0;
  const { code, stderr } = await failingWith(({ socket, closed }) => {
    // It is reset, since nobody reads the rest.
    closed.catch(() => {});
    const piece = record(STDOUT, 1, line);
    const send = () => {
      while (sent < 2 ** 30 && socket.writable) {
        sent += piece.length;
        if (!socket.write(piece)) return void socket.once('drain', send);
      }
    };
    send();
  });
  expect(code).toBe(8);
  expect(stderr).toContain('65536 bytes');
  expect(sent).toBeLessThan(2 ** 30);
});

test('an end within the body is exit code 18, after what came of it', async () => {
  const half = record(STDOUT, 1, `${HEAD}half`);
  const { code, stdout } = await failingWith(({ socket }) => void socket.end(half));
  expect([code, stdout]).toEqual([18, 'half']);
});

test('a body that is shorter than its length is exit code 18', async () => {
  const short = answer(`${HEAD}half`);
  expect((await failingWith((peer) => void peer.send(short))).code).toBe(18);
});

test('an application that is overloaded is exit code 1', async () => {
  const overloaded = record(3, 1, Uint8Array.of(0, 0, 0, 0, 2, 0, 0, 0));
  const { code, stderr } = await failingWith((peer) => void peer.send(overloaded));
  expect(code).toBe(1);
  expect(stderr).toContain('FCGI_OVERLOADED');
});

test('--verbose shows the stack trace too, and why', async () => {
  const { code, stderr } = await fcgi(['get', join(folder, 'no.sock'), '/', '--verbose']);
  expect(code).toBe(7);
  expect(stderr).toMatch(/^fcgi: Cannot connect[^\n]*\nFcgiError: [\s\S]*\n {4}at [\s\S]*ENOENT/);
});
