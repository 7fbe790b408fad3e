import { EventEmitter } from 'node:events';
import type { RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { isHandlerClass } from '../../handler/index.ts';
import type { Listener } from '../../server/index.ts';
import { ExitCode } from '../exit-code.ts';
import { Failure, messageOf } from '../failure.ts';
import type { Host } from '../host.ts';

/**
 * Makes a listener of what a module exports: a function `(req, res)` as Express and Connect applications
 * are, a Handler class, an application of Koa or Fastify, an `http.Server` with its listeners, or a
 * function that makes one of these.
 *
 * @param file the module, from where this package is looked for
 * @throws {Failure} if it is none of these, with a hint that follows the module's name
 */
export async function toListener(value: unknown, file: string, host: Host): Promise<Listener> {
  const listener = await asListener(value, file, host);
  if (listener) return listener;
  if (typeof value !== 'function' || isClass(value)) throw unusable(value);
  const made = await make(value as () => unknown);
  const madeListener = await asListener(made, file, host);
  if (madeListener) return madeListener;
  throw new Failure(
    ExitCode.FAILURE,
    `exports a function of ${value.length} parameters, so it was called to make the application, but it returned ${describe(made)}. A listener is a function (req, res)`,
  );
}

async function asListener(value: unknown, file: string, host: Host): Promise<Listener | undefined> {
  if (isHandlerClass(value)) return value;
  if (typeof value === 'function') {
    if (isClass(value)) return foreignHandler(value as Listener, file, host);
    return value.length >= 2 ? (value as RequestListener) : undefined;
  }
  return typeof value === 'object' && value !== null ? fromObject(value) : undefined;
}

/** The shapes of other frameworks' applications. */
interface Application {
  callback?(): RequestListener;
  ready?(): unknown;
  routing?: RequestListener;
}

async function fromObject(value: object): Promise<RequestListener | undefined> {
  const { callback, ready, routing } = value as Application;
  if (typeof callback === 'function') return callback.call(value);
  if (typeof ready === 'function' && typeof routing === 'function') {
    await ready.call(value);
    return (req, res) => routing(req, res);
  }
  if (value instanceof EventEmitter && value.listenerCount('request') > 0) {
    return (req, res) => void value.emit('request', req, res);
  }
  return undefined;
}

/**
 * A class that extends the Handler of another copy of this package, as the one that the application has
 * installed. Only that copy knows how to run it.
 */
async function foreignHandler(
  Class: Listener,
  file: string,
  host: Host,
): Promise<Listener | undefined> {
  const copy = await ownCopy(file, host);
  if (!(Class.prototype instanceof (copy?.Handler ?? Boolean))) return undefined;
  const server = copy?.createServer(Class);
  return (req, res) => void server?.emit('request', req, res);
}

type Copy = typeof import('../../index.ts');

async function ownCopy(file: string, host: Host): Promise<Copy | undefined> {
  try {
    const entry = createRequire(file).resolve('fcgi');
    return (await host.load(pathToFileURL(entry).href)) as Copy;
  } catch {
    return undefined;
  }
}

function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

async function make(factory: () => unknown): Promise<unknown> {
  try {
    return await factory();
  } catch (error) {
    const message = `exports a function that was called to make the application, and threw: ${messageOf(error)}`;
    throw new Failure(ExitCode.FAILURE, message, error);
  }
}

function unusable(value: unknown): Failure {
  const hint =
    typeof (value as { fetch?: unknown } | null)?.fetch === 'function'
      ? 'A fetch handler needs an adapter that makes a listener (req, res) of it'
      : 'A listener is a function (req, res), an application, or a class that extends Handler';
  return new Failure(ExitCode.FAILURE, `exports ${describe(value)}, which is no listener. ${hint}`);
}

function describe(value: unknown): string {
  if (typeof value === 'function') return `the class ${value.name}`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `an object with ${Object.keys(value).join(', ') || 'no properties'}`;
}
