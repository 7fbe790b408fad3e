import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { within } from '../../support/deadline.ts';
import { freePorts } from './free-port.ts';
import { ask } from './http-client.ts';
import { RunningProcess } from './process.ts';

const ATTEMPTS = 5;

/** What a configuration is written for. */
export interface Setup {
  readonly ports: readonly number[];
  /** What `/.ready` on the last port must answer, so that the test knows its web server from others. */
  readonly token: string;
}

/** How a configured web server is started in the foreground. */
export interface Launch {
  readonly command: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly args: readonly string[];
  /** The file it logs errors to, if not its stderr. */
  readonly logFile?: string;
}

/** A web server that the test started. */
export interface RunningWebServer {
  readonly ports: readonly number[];
  readonly origin: string;
  errorLog(): string;
  /** Waits until the error log holds a text, so many times. */
  logged(text: string, times?: number): Promise<void>;
  /** Sends a signal, after which the error log tells something once more. */
  signal(signal: NodeJS.Signals, until: string): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a web server on loopback ports that are free, and waits until it answers.
 *
 * @param portCount the last of the ports is for the test's question whether it is ready
 * @param configure writes the configuration
 */
export async function startWebServer(
  portCount: number,
  configure: (setup: Setup) => Launch,
): Promise<RunningWebServer> {
  for (let attempt = 1; ; attempt++) {
    const setup = { ports: await freePorts(portCount), token: randomUUID() };
    try {
      return await start(setup, configure(setup));
    } catch (error) {
      const taken = /Address already in use/.test((error as Error).message);
      if (!taken || attempt === ATTEMPTS) throw error;
    }
  }
}

let restricted = false;

/**
 * Starts a web server that may not open what its user may not. Root may open everything, and the tests may run
 * as root; people's web servers do not.
 */
export async function withoutRootsRights<Server>(run: () => Promise<Server>): Promise<Server> {
  restricted = true;
  try {
    return await run();
  } finally {
    restricted = false;
  }
}

/** Whether a web server that is started now must not have the rights of root. */
export function isRestricted(): boolean {
  return restricted;
}

/** The rights of root that let it open everything. */
const RIGHTS = ['dac_override', 'dac_read_search'];

function restrict({ command, args, ...launch }: Launch): Launch {
  if (!restricted || process.getuid?.() !== 0) return { command, args, ...launch };
  const without = RIGHTS.map((right) => `-${right}`).join(',');
  const setpriv = [`--bounding-set=${without}`, `--inh-caps=${without}`];
  return { command: '/usr/bin/setpriv', args: [...setpriv, command, ...args], ...launch };
}

async function start({ ports, token }: Setup, launch: Launch): Promise<RunningWebServer> {
  const { command, args, env, logFile } = restrict(launch);
  if (logFile) rmSync(logFile, { force: true });
  const program = new RunningProcess(command, args, env ? { env } : {});
  const errorLog = () => {
    const logged = logFile && existsSync(logFile) ? readFileSync(logFile, 'utf8') : '';
    return program.output + logged;
  };
  const origin = `http://127.0.0.1:${ports[0]}`;
  try {
    await within(
      `${command} to answer`,
      ready(`http://127.0.0.1:${ports.at(-1)}/.ready`, token, program),
    );
  } catch (cause) {
    await program.stop('SIGKILL');
    throw new Error(`${command} did not start:\n${errorLog()}`, { cause });
  }
  const count = (text: string) => errorLog().split(text).length - 1;
  const logged = async (text: string, times = 1) => {
    const look = async () => {
      while (program.running && count(text) < times) await wait(10);
    };
    const what = `${JSON.stringify(text)} in the log of ${command}`;
    await within(what, look()).catch((error) => {
      throw new Error(`${error.message}:\n${errorLog()}`);
    });
  };
  const signal = async (name: NodeJS.Signals, until: string) => {
    const before = count(until);
    program.signal(name);
    await logged(until, before + 1);
  };
  const stop = async (signal?: NodeJS.Signals) => void (await program.stop(signal));
  return { ports, origin, errorLog, logged, signal, stop };
}

/** Asks until this very web server answers, and not another program that got the port first. */
async function ready(url: string, token: string, program: RunningProcess): Promise<void> {
  while (program.running) {
    // On a connection of its own: web servers wait for those that stay open before they end.
    const answer = await ask(url).catch(() => undefined);
    if (answer?.text.trim() === token) return;
    await wait(10);
  }
  throw new Error('It ended');
}
