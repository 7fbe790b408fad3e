import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import type { NetConnectOpts } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './support/free-port.ts';
import { Gate } from './support/gate.ts';
import { describeWith } from './support/requirement.ts';
import { SPAWN_FCGI, spawnFcgi } from './support/spawn-fcgi.ts';
import { get } from './support/wire-client.ts';

describeWith('spawn-fcgi', [SPAWN_FCGI], () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fcgi-spawn-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const targets: [string, () => Promise<NetConnectOpts>][] = [
    ['a Unix socket', async () => ({ path: join(folder, 'app.sock') })],
    ['TCP', async () => ({ host: '127.0.0.1', port: (await freePorts(1))[0] ?? 0 })],
  ];

  test.each(targets)('starts an application on file descriptor 0, over %s', async (_, choose) => {
    const target = await choose();
    const program = spawnFcgi(target, 'spawned');
    try {
      const { status, body } = await get(program, target, '/process');
      expect(status).toBe('200 OK');
      expect(JSON.parse(body.toString())).toHaveProperty('pid');
      expect(await program.stop()).toBe(0);
    } finally {
      await program.stop('SIGKILL');
    }
  });

  test('SIGTERM ends the application once its request is answered', async () => {
    const target = { path: join(folder, 'app.sock') };
    const gate = await Gate.make(folder);
    const program = spawnFcgi(target, 'spawned');
    try {
      const held = get(program, target, `/pass?gate=${gate.path}`);
      const [pid = 0] = await gate.arrived(1);
      process.kill(pid, 'SIGTERM');
      gate.open();
      expect((await held).body.toString()).toBe(`Passed in process ${pid}`);
      expect(await program.ended).toBe(0);
      // The socket is spawn-fcgi's, and stays for the next start.
      expect(existsSync(target.path)).toBe(true);
    } finally {
      await program.stop('SIGKILL');
    }
  });
});
