import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadResults } from '../macro/results.js';
import { loadMemory } from '../memory/results.js';
import { loadProfiles } from '../profile/results.js';
import { backendsChart, ratiosChart } from './charts.js';
import { fillIn } from './markers.js';
import { profiles } from './profile-tables.js';
import { machine, memory, others, perNode, ratios } from './tables.js';

const here = (/** @type {string} */ path) =>
  fileURLToPath(new URL(`../../${path}`, import.meta.url));

const PAGE = here('docs/performance.md');

/**
 * @typedef {object} Places
 * @property {string} results folder
 * @property {string} page
 * @property {string} images folder
 */

/**
 * Where results, page and charts are written: in the repository, or all of them in one folder.
 *
 * @param {string | undefined} output
 * @returns {Places}
 */
export function outputPlaces(output) {
  if (output === undefined) {
    return { results: here('bench/results'), page: PAGE, images: here('docs/images') };
  }
  const folder = resolve(output);
  mkdirSync(folder, { recursive: true });
  return { results: folder, page: join(folder, 'performance.md'), images: folder };
}

/**
 * Writes the tables and charts of all results that are there into the page, whose prose stays.
 *
 * @param {Places} places
 */
export function writePage({ results, page, images }) {
  const { text, charts } = renderPage(results, readFileSync(PAGE, 'utf8'));
  writeFileSync(page, text);
  for (const [name, svg] of Object.entries(charts)) writeFileSync(join(images, name), svg);
}

/**
 * @param {string} folder of the results
 * @param {string} page with the markers between which tables stand
 */
export function renderPage(folder, page) {
  const all = loadResults(folder);
  const text = fillIn(page, {
    machine: machine(all),
    ratios: ratios(all),
    others: others(all),
    all: perNode(all),
    memory: memory(loadMemory(folder)),
    profiles: profiles(loadProfiles(folder)),
  });
  const charts = {
    'performance-ratios.svg': ratiosChart(all),
    'performance-backends.svg': backendsChart(all),
  };
  return { text, charts };
}
