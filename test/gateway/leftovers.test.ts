import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createGateway } from '../../src/gateway/index.ts';
import { within } from '../support/deadline.ts';
import { fetchHead, listening } from '../support/http-client.ts';
import { Program } from '../support/program.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(os.tmpdir(), 'g-'));
  jest.spyOn(os, 'tmpdir').mockImplementation(() => folder);
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Serves a request through a gateway that starts its application. */
const serveOnce = () =>
  listening(
    createGateway((_req, res) => void res.end('hello')),
    async (gateway) => {
      expect(await text(await fetchHead(gateway))).toBe('hello');
    },
  );

/** Makes a folder look as if it had been there for an hour. */
function age(name: string): void {
  const then = new Date(Date.now() - 3_600_000);
  utimesSync(join(folder, name), then, then);
}

const APPLICATION = `
  const gateway = fcgi.createGateway((req, res) => res.end('hello')).listen(0, '127.0.0.1', async () => {
    await (await fetch('http://127.0.0.1:' + gateway.address().port)).text();
    console.log('served');
    if (process.argv.includes('exit')) process.exit();
  });`;

/** A process that has served a request through a gateway. */
async function started(...argv: string[]): Promise<Program> {
  const code = `process.argv.push(...${JSON.stringify(argv)});${APPLICATION}`;
  const program = new Program(code, { env: { ...process.env, TMPDIR: folder } });
  await program.printed('served');
  return program;
}

test('a process that exits takes its folder with it, though it did not close the gateway', async () => {
  const program = await started('exit');
  expect(await program.exit()).toBe(0);
  expect(readdirSync(folder)).toEqual([]);
});

test('what a killed process left is removed by the next gateway, once it is old enough', async () => {
  const program = await started();
  const [left = ''] = readdirSync(folder);
  await program.stop();
  expect(readdirSync(folder)).toEqual([left]);
  await serveOnce();
  expect(readdirSync(folder)).toEqual([left]);
  age(left);
  await serveOnce();
  expect(readdirSync(folder)).toEqual([]);
});

test('what is in use stays, however old it is', async () => {
  const program = await started();
  try {
    const [used = ''] = readdirSync(folder);
    age(used);
    await serveOnce();
    expect(readdirSync(folder)).toEqual([used]);
  } finally {
    await program.stop();
  }
});

test('what is of another kind stays', async () => {
  mkdirSync(join(folder, 'fcgi-gateway-a'));
  writeFileSync(join(folder, 'fcgi-gateway-a', 'app.sock'), 'a file');
  mkdirSync(join(folder, 'other-b'));
  const server = net.createServer().listen(join(folder, 'other-b', 'app.sock'));
  await once(server, 'listening');
  await within('close', new Promise((done) => server.close(done)));
  for (const name of readdirSync(folder)) age(name);
  await serveOnce();
  expect(readdirSync(folder).sort()).toEqual(['fcgi-gateway-a', 'other-b']);
  expect(existsSync(join(folder, 'fcgi-gateway-a', 'app.sock'))).toBe(true);
});
