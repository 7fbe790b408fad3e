import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Ignored by git, and what the package manager keeps when it installs. */
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/bench', import.meta.url));

/**
 * The binary of a line of Node, as "22": the one that runs this, or the package `node` installed once.
 *
 * @param {string} line
 */
export function nodeBinary(line) {
  if (line === process.versions.node.split('.')[0]) return process.execPath;
  const folder = join(CACHE, `node-${line}`);
  return findBinary(folder) ?? install(line, folder);
}

/** @param {string} line @param {string} folder */
function install(line, folder) {
  mkdirSync(folder, { recursive: true });
  const args = [
    'install',
    '--prefix',
    folder,
    '--no-save',
    '--no-audit',
    '--no-fund',
    `node@${line}`,
  ];
  process.stderr.write(`Installing Node ${line}\n`);
  execFileSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const binary = findBinary(folder);
  if (!binary) throw new Error(`The package node@${line} brought no binary`);
  return binary;
}

/**
 * Where in its tree the binary is depends on whether install scripts ran.
 *
 * @param {string} folder
 */
function findBinary(folder) {
  const modules = join(folder, 'node_modules');
  if (!existsSync(modules)) return undefined;
  return readdirSync(modules)
    .map((name) => join(modules, name, 'bin/node'))
    .find((path) => existsSync(path));
}
