import { AsyncLocalStorage } from 'node:async_hooks';
import type { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { ScriptExit, type ScriptRun } from './cgi-script-run.ts';

/** What scripts reach for: a process, and the object whose properties are the global variables. */
export interface ScriptWorld {
  readonly process: NodeJS.Process;
  readonly global: object;
}

/** The run that the current asynchronous context belongs to. */
const runs = new AsyncLocalStorage<ScriptRun>();

/** Calls a function as part of a run: what it starts, and what that starts, belongs to the run. */
export function within(run: ScriptRun, callback: () => void): void {
  runs.run(run, callback);
}

/** Calls a function as part of no run. */
export function outsideOfRuns(callback: () => void): void {
  runs.exit(callback);
}

/** Worlds with an installation, and how many servers use it. */
const installations = new Map<NodeJS.Process, { users: number; readonly undo: () => void }>();

/**
 * Makes scripts see a process of their own, as {@link divideProcess} does; once, however many servers there
 * are.
 *
 * @returns a function that takes it back, once nobody else needs it
 */
export function installScriptProcess(world: ScriptWorld): () => void {
  const { process } = world;
  const installation = installations.get(process) ?? { users: 0, undo: divideProcess(world) };
  installation.users++;
  installations.set(process, installation);
  return () => {
    installation.users--;
    if (installation.users > 0) return;
    installations.delete(process);
    installation.undo();
  };
}

/**
 * Gives each script its own `process.env`, `stdin`, `stdout`, `stderr`, `exitCode`, `exit()` and `console`.
 * Outside of scripts all is as it was.
 *
 * @returns a function that takes it back
 */
function divideProcess(world: ScriptWorld): () => void {
  const { process, global } = world;
  bindConsole((global as typeof globalThis).console);
  const undo = [
    divide(process, 'env'),
    divide(process, 'stdin'),
    ...(['stdout', 'stderr'] as const).flatMap((name) => [
      // Modules keep the stream that they once saw: what a script writes there is its own too.
      divert(process[name], name, 'write'),
      divert(process[name], name, 'end'),
      divide(process, name),
    ]),
    divide(global, 'console'),
    divideExitCode(world),
    divertExit(process),
    catchUncaught(process),
  ];
  return () => {
    for (const step of undo.reverse()) step();
  };
}

/** Node's console looks for its streams when it first prints. In a script it would keep those of that run. */
function bindConsole(console: object): void {
  for (const name of ['_stdout', '_stderr']) Reflect.get(console, name);
}

type Divided = 'env' | 'stdin' | 'stdout' | 'stderr' | 'console';

/** Makes a property one of the run where there is one. */
function divide(owner: object, name: Divided): () => void {
  const original = Object.getOwnPropertyDescriptor(owner, name) as PropertyDescriptor;
  return redefine(
    owner,
    name,
    {
      get: () => {
        const run = runs.getStore();
        return run ? run[name] : original.get ? original.get.call(owner) : original.value;
      },
      set: (value) => {
        const run = runs.getStore();
        if (run) (run as unknown as Record<Divided, unknown>)[name] = value;
        else if (original.set) original.set.call(owner, value);
        else original.value = value;
      },
    },
    original,
  );
}

function redefine(
  owner: object,
  name: string,
  accessors: Pick<PropertyDescriptor, 'get' | 'set'>,
  original: PropertyDescriptor,
): () => void {
  const enumerable = original.enumerable ?? true;
  Object.defineProperty(owner, name, { ...accessors, configurable: true, enumerable });
  return () => Object.defineProperty(owner, name, original);
}

/** Sends what a run writes to the process's own stream to that of the run. */
function divert(stream: Writable, name: 'stdout' | 'stderr', method: 'write' | 'end'): () => void {
  const had = Object.hasOwn(stream, method);
  const original = stream[method] as (...args: unknown[]) => unknown;
  const diverted = (...args: unknown[]) => {
    const own = runs.getStore()?.[name];
    if (!own) return original.apply(stream, args);
    return (own[method] as typeof original).apply(own, args);
  };
  Object.assign(stream, { [method]: diverted });
  return () => {
    if (had) Object.assign(stream, { [method]: original });
    else delete (stream as unknown as Record<string, unknown>)[method];
  };
}

/**
 * `process.exitCode` cannot be redefined. So the global variable `process` is to a script another object,
 * with that property of its own, and with all else from the process.
 */
function divideExitCode({ process, global }: ScriptWorld): () => void {
  const facade = new Proxy(process, {
    get: (target, name) => {
      const run = name === 'exitCode' ? runs.getStore() : undefined;
      return run ? run.exitCode : Reflect.get(target, name, target);
    },
    set: (target, name, value) => {
      const run = name === 'exitCode' ? runs.getStore() : undefined;
      if (!run) return Reflect.set(target, name, value, target);
      run.exitCode = value;
      return true;
    },
  });
  const original = Object.getOwnPropertyDescriptor(global, 'process') as PropertyDescriptor;
  return redefine(
    global,
    'process',
    {
      get: () => (runs.getStore() ? facade : process),
      set: (value) => original.set?.call(global, value),
    },
    original,
  );
}

function divertExit(process: NodeJS.Process): () => void {
  const { exit } = process;
  process.exit = (code) => {
    const run = runs.getStore();
    return run ? run.exit(code) : exit.call(process, code);
  };
  return () => {
    process.exit = exit;
  };
}

/**
 * An error that a script throws in a callback ends its request alone, as it would have ended its own
 * process. Any other ends this process, as if nobody had listened.
 */
function catchUncaught(process: NodeJS.Process): () => void {
  const caught = (error: unknown) => {
    const run = runs.getStore();
    if (run) return run.fail(error);
    if (error instanceof ScriptExit || process.listenerCount('uncaughtException') > 1) return;
    process.stderr.write(`Uncaught ${inspect(error)}\n`);
    process.exit(1);
  };
  process.on('uncaughtException', caught);
  return () => process.off('uncaughtException', caught);
}
