import { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';

/** What applications are exported as, the likeliest first. */
const NAMES = ['default', 'app', 'application', 'listener', 'handler', 'server', 'createApp'];

/**
 * Finds the export of a module that is the application.
 *
 * @param exports the module's namespace
 * @param name the export that was asked for
 * @throws {Failure} if there is none, with a hint
 */
export function findExport(exports: object, name: string | undefined): unknown {
  const all = flatten(exports);
  if (name !== undefined) {
    if (name in all) return all[name];
    throw nothing(`has no export '${name}'; ${list(all)}`);
  }
  const known = NAMES.find((one) => isCandidate(all[one]));
  if (known) return all[known];
  const others = Object.values(all).filter((value) => typeof value === 'function');
  if (others.length === 1) return others[0];
  throw nothing(
    `exports nothing that answers requests: ${list(all)}. ` +
      'Export the application: export default app; or module.exports = app;',
  );
}

function nothing(message: string): Failure {
  return new Failure(ExitCode.FAILURE, message);
}

function list(all: Record<string, unknown>): string {
  const names = Object.keys(all).filter((name) => name !== '__esModule');
  return names.length === 0 ? 'it exports nothing' : `it exports ${names.join(', ')}`;
}

/** An empty `module.exports` is a default export too, but none that somebody made. */
function isCandidate(value: unknown): boolean {
  if (typeof value === 'function') return true;
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/**
 * The exports by name. Those of a CommonJS module are properties of its default export, where a compiled
 * ES module has put its own default export too.
 */
function flatten(exports: object): Record<string, unknown> {
  const all: Record<string, unknown> = { ...exports };
  const { default: main } = all;
  // Node's own name for what `require()` returns.
  delete all['module.exports'];
  if (!isPlainObject(main)) return all;
  const { default: _, ...named } = all;
  return { ...named, ...main };
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  // Of whatever realm.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
