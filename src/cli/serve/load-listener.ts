import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { types } from 'node:util';
import type { Listener } from '../../server/index.ts';
import { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { Host } from '../host.ts';
import { findExport } from './find-export.ts';
import { toListener } from './to-listener.ts';

/**
 * Loads a module and finds the application that it exports.
 *
 * @param name the file, relative to the current folder, as for `node`
 * @param exportName the export to take; without it the one that is most likely meant
 * @throws {Failure} if there is no such module, if it throws, or exports nothing that can answer requests
 */
export async function loadListener(
  name: string,
  exportName: string | undefined,
  host: Host,
): Promise<Listener> {
  const file = resolveModule(name, host);
  const exports = await load(name, file, host);
  try {
    return await toListener(findExport(exports, exportName), file, host);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.exitCode, `${name} ${error.message}`, error.cause);
  }
}

/** A folder and a name without its extension are what they are to `node`. */
export function resolveModule(name: string, { process }: Host): string {
  const file = resolve(process.cwd(), name);
  try {
    return createRequire(join(process.cwd(), 'fcgi.js')).resolve(file);
  } catch (error) {
    throw new Failure(ExitCode.FAILURE, `${name}: there is no such module`, error);
  }
}

async function load(name: string, file: string, host: Host): Promise<object> {
  try {
    return (await host.load(pathToFileURL(file).href)) as object;
  } catch (error) {
    const message = `${name} cannot be loaded: ${describe(error, file, host)}`;
    throw new Failure(ExitCode.FAILURE, message, error);
  }
}

function describe(error: unknown, file: string, host: Host): string {
  if (!types.isNativeError(error)) return `it throws ${String(error)}`;
  if ((error as NodeJS.ErrnoException).code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    return `${error.message}. Node runs TypeScript by itself from 22.18 on; before that NODE_OPTIONS='--import tsx' may help`;
  }
  const place = error.name === 'SyntaxError' ? syntaxErrorPlace(file, host) : placeOf(error);
  return `${error.name}: ${error.message}${place ? ` (${place})` : ''}`;
}

/** Where an error was thrown: the first place of its stack that is in a file. */
function placeOf({ stack = '' }: Error): string | undefined {
  return /(?:file:\/\/|\(|at )((?:\/|[A-Za-z]:[\\/])[^\n():]*:\d+)/.exec(stack)?.[1];
}

/** A SyntaxError does not know where it is; only the program `node` tells it, of the file itself. */
function syntaxErrorPlace(file: string, { process }: Host): string | undefined {
  const { stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' });
  return /^(?:file:\/\/)?(\S+:\d+)$/m.exec(stderr)?.[1];
}
