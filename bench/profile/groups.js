/**
 * What a backend spends its time on. A frame belongs to the first group that knows it; the pattern is that of the
 * file, or of a function of V8 or in native code, which has none.
 *
 * @type {readonly { name: string, says: string, file?: RegExp, native?: RegExp }[]}
 */
export const groups = [
  { name: 'write', says: 'writing to the socket', native: /^(write(v|Buffer)|write\w+String)$/ },
  { name: 'gc', says: 'garbage collection', native: /^\(garbage collector\)$/ },
  {
    name: 'native',
    says: 'reading from the socket, and all other native code below JavaScript',
    native: /^\((program|root)\)$/,
  },
  { name: 'node-http', says: "Node's `req` and `res`", file: /^node:(_http|http|internal\/http)/ },
  {
    name: 'node-streams',
    says: "Node's streams and sockets",
    file: /^node:(net|stream|internal\/(streams?|stream_base_commons|net|js_stream))/,
  },
  { name: 'node-other', says: 'events, ticks, timers and the rest of Node', file: /^node:/ },
  {
    name: 'protocol',
    says: 'this package: records and pairs',
    file: /\/dist\/layers\/protocol\.js/,
  },
  { name: 'cgi', says: 'this package: meta-variables and heads', file: /\/dist\/layers\/cgi\.js/ },
  {
    name: 'http',
    says: 'this package: what `req`, `res` and `socket` need',
    file: /\/dist\/layers\/http\.js/,
  },
  {
    name: 'server',
    says: 'this package: connections and requests',
    file: /\/dist\/layers\/server\.js/,
  },
  { name: 'app', says: 'the application', file: /./ },
];

/** The time of these is none: the process waits. */
const IDLE = '(idle)';

/**
 * @typedef {object} Frame
 * @property {string} functionName
 * @property {string} url
 */

/**
 * The part of V8's `.cpuprofile` that is read.
 *
 * @typedef {object} Profile
 * @property {readonly { id: number, callFrame: Frame, children?: readonly number[] }[]} nodes
 * @property {readonly number[]} samples the node that ran
 * @property {readonly number[]} timeDeltas microseconds before each sample
 */

/**
 * Microseconds that each group had. A native function that has no group of its own counts for who called it.
 *
 * @param {Profile} profile
 * @returns {Record<string, number>} by name; all groups are there
 */
export function timeByGroup({ nodes, samples, timeDeltas }) {
  const owners = groupsOfNodes(nodes);
  const times = Object.fromEntries(groups.map(({ name }) => [name, 0]));
  for (const [i, id] of samples.entries()) {
    const name = owners.get(id);
    // A sample holds until the next one.
    if (name !== undefined) times[name] = (times[name] ?? 0) + (timeDeltas[i + 1] ?? 0);
  }
  return times;
}

/** @param {Profile['nodes']} nodes @returns {Map<number, string | undefined>} */
function groupsOfNodes(nodes) {
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((one) => [one, id])),
  );
  /** @type {Map<number, string | undefined>} */
  const found = new Map();
  // V8 lists a node before its children.
  for (const { id, callFrame } of nodes) {
    const caller = found.get(parents.get(id) ?? -1);
    found.set(id, callFrame.functionName === IDLE ? undefined : (groupOf(callFrame) ?? caller));
  }
  return found;
}

/** @param {Frame} frame */
function groupOf({ functionName, url }) {
  return groups.find(({ file, native }) => (url ? file?.test(url) : native?.test(functionName)))
    ?.name;
}
