import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LAUNCHER = join(__dirname, 'http-server.mjs');
const DEADLINE = 30_000;

export interface GuestbookOptions {
  dataFolder: string;
  mount?: string;
  heartbeatMs?: number;
}

/** The guestbook in a process of its own, as it is in real life, so that it can also be killed. */
export class GuestbookProcess {
  readonly origin: string;
  readonly #child: ChildProcess;
  readonly #log: string[];

  private constructor(child: ChildProcess, port: number, log: string[]) {
    this.#child = child;
    this.#log = log;
    this.origin = `http://127.0.0.1:${port}`;
  }

  static async start(options: GuestbookOptions): Promise<GuestbookProcess> {
    const child = spawn(process.execPath, [LAUNCHER, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log: string[] = [];
    child.stderr.setEncoding('utf8').on('data', (text: string) => log.push(text));
    try {
      const signal = AbortSignal.timeout(DEADLINE);
      const [line] = await once(child.stdout.setEncoding('utf8'), 'data', { signal });
      const { port } = JSON.parse(line) as { port: number };
      return new GuestbookProcess(child, port, log);
    } catch (cause) {
      child.kill('SIGKILL');
      throw new Error(`The guestbook did not start:\n${log.join('')}`, { cause });
    }
  }

  get log(): string {
    return this.#log.join('');
  }

  /** How many pages hold an event stream open. */
  async openPages(): Promise<number> {
    return Number(await (await fetch(`${this.origin}/test/open-pages`)).text());
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close', { signal: AbortSignal.timeout(DEADLINE) });
    this.#child.kill(signal);
    await closed.catch(() => this.#child.kill('SIGKILL'));
  }
}

/** Runs `use` with an empty data folder and clears it away afterwards. */
export async function withDataFolder(use: (dataFolder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'guestbook-test-'));
  try {
    await use(join(folder, 'data'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function withGuestbook(
  options: GuestbookOptions,
  use: (guestbook: GuestbookProcess) => Promise<void>,
): Promise<void> {
  const guestbook = await GuestbookProcess.start(options);
  try {
    await use(guestbook);
  } finally {
    await guestbook.stop();
  }
}

/** A guestbook that is still empty, for the length of `use`. */
export function withFreshGuestbook(
  use: (guestbook: GuestbookProcess, dataFolder: string) => Promise<void>,
  options: Omit<GuestbookOptions, 'dataFolder'> = {},
): Promise<void> {
  return withDataFolder((dataFolder) =>
    withGuestbook({ dataFolder, ...options }, (guestbook) => use(guestbook, dataFolder)),
  );
}

/** Asks again until the answer is right; what it waits for has no event of its own to await. */
export async function until(isRight: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE;
  while (!(await isRight())) {
    if (Date.now() > deadline) throw new Error('It did not come true in time.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
