import { Client } from './client.js';

/** Requests before anything is measured: the memory of code that is compiled belongs to no connection. */
const WARM_UP_CONNECTIONS = 50;
const WARM_UP_REQUESTS = 40;

/**
 * @typedef {object} Sizes
 * @property {number} connections
 * @property {number} requests
 * @property {number} mebibytes
 */

/**
 * @typedef {object} Subject
 * @property {import('./server-process.js').ServerProcess} server
 * @property {Client} client
 * @property {Sizes} sizes
 */

/**
 * @typedef {object} Scenario
 * @property {string} name
 * @property {(sizes: Sizes) => string} says what is measured
 * @property {string} app of `server.js`
 * @property {string} unit
 * @property {(subject: Subject) => Promise<number>} measure
 */

/** @type {readonly Scenario[]} */
export const scenarios = [
  {
    name: 'idle',
    says: ({ connections }) => `${count(connections)} idle connections, each`,
    app: 'plain',
    unit: 'KiB',
    measure: async ({ server, client, sizes: { connections } }) => {
      const before = await server.collectedRss();
      await client.connect(connections);
      // Connections idle between requests; one on which nothing came yet is rare.
      await client.exchange();
      return ((await server.collectedRss()) - before) / connections / 2 ** 10;
    },
  },
  {
    name: 'slow',
    says: ({ requests }) => `${count(requests)} concurrent slow requests, each`,
    app: 'slow',
    unit: 'KiB',
    measure: async ({ server, client, sizes: { requests } }) => {
      const before = await server.collectedRss();
      await client.connect(requests);
      const answers = client.holdRequests();
      const grown = (await server.collectedRss()) - before;
      await server.tell('answer');
      await answers;
      return grown / requests / 2 ** 10;
    },
  },
  {
    name: 'stream',
    says: ({ mebibytes }) => `${count(mebibytes)} MiB streamed to a slow reader, at most`,
    app: 'stream',
    unit: 'MiB',
    measure: async ({ server, client, sizes: { mebibytes } }) => {
      const before = await server.collectedRss();
      server.resetPeak();
      await client.connect(1);
      await client.readSlowly(mebibytes);
      return (server.peakRss() - before) / 2 ** 20;
    },
  },
];

/** @param {Client} client */
export async function warmUp(client) {
  await client.connect(WARM_UP_CONNECTIONS);
  for (let i = 0; i < WARM_UP_REQUESTS; i++) await client.exchange();
  client.close();
}

/** @param {number} value */
function count(value) {
  return value.toLocaleString('en');
}
