import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { RunningProcess } from '../../frontends/support/process.ts';
import { SPAWN_FCGI } from '../../frontends/support/spawn-fcgi.ts';
import { within } from '../../support/deadline.ts';

const PROGRAM = join(__dirname, 'supervisor.mjs');

/** A process that holds a listening socket, and replaces the application that serves it. */
export class Supervisor {
  readonly #process: RunningProcess;
  readonly #control: Socket;

  private constructor(process: RunningProcess, control: Socket) {
    this.#process = process;
    this.#control = control;
  }

  /** Starts it, with a socket at the path, and waits for its first application. */
  static async start(path: string): Promise<Supervisor> {
    const controlPath = `${path}.control`;
    rmSync(controlPath, { force: true });
    const server = createServer().listen(controlPath);
    const program = new RunningProcess(SPAWN_FCGI.path, [
      ...['-n', '-s', path, '-M', '0666', '--'],
      ...[process.execPath, PROGRAM, controlPath],
    ]);
    try {
      const [control] = (await within('the supervisor', once(server, 'connection'))) as [Socket];
      server.close();
      const supervisor = new Supervisor(program, control);
      await supervisor.#answer();
      return supervisor;
    } catch (cause) {
      await program.stop('SIGKILL');
      throw new Error(`The supervisor did not start:\n${program.output}`, { cause });
    }
  }

  /** Replaces the application, and tells how its predecessor ended. */
  async replace(): Promise<number | string> {
    this.#control.write('replace\n');
    return this.#answer();
  }

  async stop(): Promise<void> {
    this.#control.write('stop\n');
    await within('the end of the supervisor', this.#process.ended);
  }

  async #answer(): Promise<number | string> {
    const [line] = await within('the supervisor to answer', once(this.#control, 'data'));
    const text = String(line).trim();
    return Number.isNaN(Number(text)) ? text : Number(text);
  }
}
