import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Keeps what was measured on one line of Node in a file of its own: `KIND-22.json`.
 *
 * @param {string} folder
 * @param {string} kind
 * @param {{ readonly node: string }} results
 */
export function saveLine(folder, kind, results) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${kind}-${results.node.split('.')[0]}.json`);
  writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);
}

/**
 * @param {string} folder
 * @param {string} kind
 * @returns {any[]} the results of all lines of Node that are there, in their order
 */
export function loadLines(folder, kind) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter(
      (name) => name.startsWith(`${kind}-`) && /^\d+\.json$/.test(name.slice(kind.length + 1)),
    )
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))
    .sort((a, b) => Number.parseInt(a.node, 10) - Number.parseInt(b.node, 10));
}
