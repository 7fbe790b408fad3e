/**
 * The median of several measurements, with the least and the most of them.
 *
 * @typedef {object} Spread
 * @property {number} median
 * @property {number} min
 * @property {number} max
 */

/**
 * @param {readonly number[]} values at least one
 * @returns {Spread}
 */
export function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) throw new RangeError('There is no value');
  const half = sorted.length >> 1;
  const upper = /** @type {number} */ (sorted[half]);
  const lower = sorted.length % 2 === 0 ? /** @type {number} */ (sorted[half - 1]) : upper;
  return { median: (lower + upper) / 2, min, max };
}

/**
 * How many times what another took something took, round by round: what disturbs the machine for longer than a round
 * disturbs both.
 *
 * @param {readonly number[]} values
 * @param {readonly number[]} others of the same rounds
 */
export function ratio(values, others) {
  return spread(values.map((value, i) => value / /** @type {number} */ (others[i])));
}
