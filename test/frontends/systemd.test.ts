import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { freePorts } from './support/free-port.ts';
import { RunningProcess } from './support/process.ts';
import { type ProgramName, programFile } from './support/programs.ts';
import { get } from './support/wire-client.ts';

interface Started {
  readonly program: RunningProcess;
  readonly port: number;
}

/** Passes a socket as systemd does: on file descriptor 3, told in LISTEN_FDS and LISTEN_PID. */
async function passSocket(name: ProgramName): Promise<Started> {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  const socket: number = (holder as unknown as { _handle: { fd: number } })._handle.fd;
  // The shell's process becomes the program's, so that the id is right.
  const script = 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$1"';
  const args = ['-c', script, process.execPath, programFile(name)];
  const program = new RunningProcess('/bin/sh', args, { socket });
  holder.close();
  return { program, port };
}

const SYSTEMD = '/usr/bin/systemd-socket-activate';

async function socketActivate(name: ProgramName): Promise<Started> {
  const [port = 0] = await freePorts(1);
  const args = [`--listen=127.0.0.1:${port}`, process.execPath, programFile(name)];
  return { program: new RunningProcess(SYSTEMD, args), port };
}

const starters: [string, (name: ProgramName) => Promise<Started>][] = [
  ['a program that passes file descriptor 3', passSocket],
];
// Only a machine that systemd runs has it.
if (existsSync(SYSTEMD)) starters.push(['systemd-socket-activate', socketActivate]);

describe.each(starters)('started by %s', (_, start) => {
  test.each(['spawned', 'any'] as const)(
    'the program "%s" serves on the socket of LISTEN_FDS',
    async (name) => {
      const { program, port } = await start(name);
      try {
        const { status } = await get(program, { host: '127.0.0.1', port }, '/process');
        expect(status).toBe(name === 'any' ? '201 Created' : '200 OK');
        expect(await program.stop()).toBe(0);
      } finally {
        await program.stop('SIGKILL');
      }
    },
  );
});
