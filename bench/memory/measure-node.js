import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeBinary } from '../macro/nodes.js';
import { describeMachine, toldVersion } from '../support/machine.js';
import { makeTemporary, removeTemporary } from '../support/temporary.js';
import { Client } from './client.js';
import { scenarios, warmUp } from './scenarios.js';
import { ServerProcess } from './server-process.js';

/** @typedef {import('./scenarios.js').Scenario} Scenario */

/**
 * @typedef {object} Options
 * @property {import('./scenarios.js').Sizes} sizes
 * @property {readonly Scenario[]} chosen
 * @property {number} rounds
 * @property {string} dist
 * @property {string} command
 * @property {(line: string) => void} tell
 */

/**
 * Measures both backends on one line of Node, in turns, each in a fresh process.
 *
 * @param {string} line as "22"
 * @param {Options} options
 * @returns {Promise<import('./results.js').MemoryResults>}
 */
export async function measureNode(line, options) {
  const node = nodeBinary(line);
  const version = toldVersion(node, ['--version']);
  options.tell(`Node ${version}`);
  const measured = [];
  for (const scenario of options.chosen) {
    const backends = await measureScenario(scenario, node, options);
    const { name, unit, says } = scenario;
    measured.push({ name, says: says(options.sizes), unit, backends });
  }
  return {
    node: version,
    date: new Date().toISOString().slice(0, 10),
    command: options.command,
    machine: describeMachine(),
    scenarios: measured,
  };
}

/** @param {Scenario} scenario @param {string} node @param {Options} options */
async function measureScenario(scenario, node, { rounds, sizes, dist, tell }) {
  const backends = [
    { name: /** @type {const} */ ('fcgi'), how: pathToFileURL(join(dist, 'index.js')).href },
    { name: /** @type {const} */ ('http'), how: 'http' },
  ];
  const results = backends.map(({ name }) => ({ name, rounds: /** @type {number[]} */ ([]) }));
  for (let round = 0; round < rounds; round++) {
    for (const [i, { name, how }] of backends.entries()) {
      const value = await measureOnce(scenario, { node, how, protocol: name, sizes });
      results[i]?.rounds.push(value);
      tell(`${scenario.name}, ${name}: ${value.toFixed(1)} ${scenario.unit}`);
    }
  }
  return results;
}

/**
 * @param {Scenario} scenario
 * @param {{ node: string, how: string, protocol: 'http' | 'fcgi', sizes: import('./scenarios.js').Sizes }} options
 */
async function measureOnce({ app, measure }, { node, how, protocol, sizes }) {
  const folder = makeTemporary('fcgi-memory-');
  const socket = join(folder, 'app.sock');
  const client = new Client(socket, protocol);
  try {
    const server = await ServerProcess.start({ node, how, app, socket });
    try {
      if (app !== 'stream') await warmUp(client);
      return await measure({ server, client, sizes });
    } finally {
      client.close();
      await server.stop();
    }
  } finally {
    removeTemporary(folder);
  }
}
