import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { progressLine } from '../../src/cli/get/progress.ts';
import { RunningProcess } from '../frontends/support/process.ts';
import { describeWith } from '../frontends/support/requirement.ts';
import { Deferred } from '../support/deferred.ts';
import { serving } from '../support/serve.ts';
import { fcgi, MAIN } from './support/command.ts';
import { CommandProcess, runHere } from './support/host.ts';

const MIB = 1024 * 1024;
const ERASE = '\r\x1b[K';

test.each([
  [['sending', 512, 1024, 1], 'sending 512 B of 1.0 KiB (50 %), 512 B/s'],
  [['sending', 3 * MIB, 4 * MIB, 2], 'sending 3.0 MiB of 4.0 MiB (75 %), 1.5 MiB/s'],
  [['receiving', 5 * 1024 * MIB, undefined, 1], 'receiving 5.0 GiB, 5.0 GiB/s'],
  [['receiving', 0, 0, 1], 'receiving 0 B of 0 B (100 %), 0 B/s'],
] as const)('%j is told as %s', ([what, bytes, total, seconds], line) => {
  expect(progressLine(what, bytes, total, seconds)).toBe(line);
});

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-progress-'));
  writeFileSync(join(folder, 'upload'), Buffer.alloc(MIB, 'u'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Takes a part of the upload and sends a part of the download, and goes on when it is told to. */
function halting() {
  const sent = new Deferred<void>();
  const received = new Deferred<void>();
  const listener: RequestListener = async (req, res) => {
    req.pause();
    await received.wait('a line of the upload');
    await req.resume().toArray();
    res.setHeader('Content-Length', 2 * MIB);
    res.write(Buffer.alloc(MIB, 'd'));
    await sent.wait('a line of the download');
    res.end(Buffer.alloc(MIB, 'd'));
  };
  return { listener, goOn: () => received.resolve(), goOnAgain: () => sent.resolve() };
}

const uploading = /sending \d[^\r]* of 1\.0 MiB \(\d+ %\), [^\r]*\/s/;
const downloading = /receiving 1\.0 MiB of 2\.0 MiB \(50 %\), [^\r]*\/s/;

describeWith('A terminal', [{ path: '/usr/bin/script', package: 'bsdutils' }], () => {
  test('shows how far an upload and a download are, and then nothing of it', async () => {
    const { listener, goOn, goOnAgain } = halting();
    await serving(
      listener,
      async ({ server }) => {
        const target = server.address() as unknown as string;
        const command = [
          process.execPath,
          MAIN,
          'get',
          target,
          '/',
          '-d',
          '@upload',
          '-o',
          'download',
        ];
        // It runs the command on a terminal of its own.
        const script = new RunningProcess(
          '/usr/bin/script',
          ['-qec', command.join(' '), '/dev/null'],
          { cwd: folder },
        );
        try {
          await script.printed(uploading);
          goOn();
          await script.printed(downloading);
          goOnAgain();
          expect(await script.ended).toBe(0);
          expect(script.output.endsWith(ERASE)).toBe(true);
        } finally {
          await script.stop('SIGKILL');
        }
      },
      { transport: 'unix' },
    );
  });
});

test('of a download is not shown among the lines of the download', async () => {
  const { listener, goOn, goOnAgain } = halting();
  await serving(
    listener,
    async ({ server }) => {
      const terminal = new CommandProcess().onTerminal('stdout', 'stderr');
      terminal.folder = folder;
      let told = '';
      terminal.stderr.on('data', (chunk) => {
        told += chunk;
        if (uploading.test(told)) goOn();
      });
      terminal.stdout.on('data', () => goOnAgain());
      const { stdout } = await runHere(
        ['get', server.address() as unknown as string, '/', '-d', '@upload'],
        terminal,
      );
      expect(stdout).toHaveLength(2 * MIB);
      expect(told).toMatch(uploading);
      expect(told).not.toContain('receiving');
      expect(told.endsWith(ERASE)).toBe(true);
    },
    { transport: 'unix' },
  );
});

test('is not shown when the output is piped', async () => {
  const { listener, goOn, goOnAgain } = halting();
  goOn();
  goOnAgain();
  await serving(
    listener,
    async ({ server }) => {
      const target = server.address() as unknown as string;
      const { code, stdout, stderr } = await fcgi(['get', target, '/', '-d', '@upload'], {
        cwd: folder,
      });
      expect([code, stdout.length, stderr]).toEqual([0, 2 * MIB, '']);
    },
    { transport: 'unix' },
  );
});
