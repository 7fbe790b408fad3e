import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * How a program of this folder that serves an application is started.
 *
 * @param {string} program
 * @param {import('../backend.js').Setup} setup
 * @param {readonly string[]} [args]
 * @returns {import('../backend.js').Command}
 */
export function nodeProgram(program, { node, app, socket }, args = []) {
  const file = fileURLToPath(new URL(`programs/${program}`, import.meta.url));
  const env = { ...process.env, NODE_ENV: 'production' };
  return { command: node, args: [file, app, socket, ...args], env };
}

/**
 * @param {string} name
 * @returns {string} the version that is installed
 */
export function packageVersion(name) {
  return createRequire(import.meta.url)(`${name}/package.json`).version;
}
