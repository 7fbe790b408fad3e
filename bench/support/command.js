/** A mistake in the command line. */
export class UsageError extends Error {}

/** Options that every command has which measures lines of Node. */
export const commonOptions = /** @type {const} */ ({
  node: { type: 'string', default: process.versions.node.split('.')[0] ?? '' },
  output: { type: 'string' },
  help: { type: 'boolean', default: false },
});

/**
 * What all of these commands measure with: the lines of Node, the command as it was given, to be given again, and
 * where it is told how far they are.
 *
 * @param {string} script
 * @param {string} node the option
 */
export function commonSettings(script, node) {
  return {
    lines: nodeLines(node),
    command: [`npm run ${script} --`, ...process.argv.slice(2)].join(' '),
    tell: (/** @type {string} */ line) => console.error(line),
  };
}

/**
 * Runs a command; a failure is told on stderr and in the exit code: 2 for a wrong command line, else 1.
 *
 * @param {string} usage
 * @param {() => Promise<unknown>} run
 */
export async function main(usage, run) {
  try {
    await run();
  } catch (error) {
    if (isUsageError(error)) {
      process.stderr.write(`${error.message}\n\n${usage}`);
      process.exitCode = 2;
      return;
    }
    console.error(error);
    process.exitCode = 1;
  }
}

/** @param {unknown} error @returns {error is Error} */
function isUsageError(error) {
  if (!(error instanceof Error)) return false;
  const code = /** @type {NodeJS.ErrnoException} */ (error).code;
  return error instanceof UsageError || String(code).startsWith('ERR_PARSE_ARGS');
}

/**
 * @param {string} option
 * @param {string} text
 */
export function positiveNumber(option, text) {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new UsageError(`${option} takes a number above 0, not ${text}`);
}

/**
 * @param {string} option
 * @param {string} text
 */
export function positiveInteger(option, text) {
  const value = wholeNumber(option, text);
  if (value > 0) return value;
  throw new UsageError(`${option} takes a number above 0, not ${text}`);
}

/**
 * @param {string} option
 * @param {string} text
 */
export function wholeNumber(option, text) {
  if (/^\d+$/.test(text)) return Number(text);
  throw new UsageError(`${option} takes a whole number, not ${text}`);
}

/**
 * Those that are named, in their own order; all of them if none is.
 *
 * @template {{ name: string }} Named
 * @param {string} option
 * @param {string} text names with commas between
 * @param {readonly Named[]} all
 */
export function choose(option, text, all) {
  const wanted = text.split(',').filter(Boolean);
  const unknown = wanted.find((name) => !all.some((one) => one.name === name));
  if (unknown !== undefined) {
    const known = all.map(({ name }) => name).join(', ');
    throw new UsageError(`${option}: there is no ${unknown}, only ${known}`);
  }
  return wanted.length === 0 ? [...all] : all.filter(({ name }) => wanted.includes(name));
}

/**
 * Lines of Node, as `20,22`.
 *
 * @param {string} text
 */
function nodeLines(text) {
  const lines = text.split(',');
  if (lines.every((line) => /^[1-9]\d*$/.test(line))) return lines;
  throw new UsageError(`--node takes lines of Node, as 20,22, not ${text}`);
}
