/**
 * What is not done right is not worth measuring.
 *
 * @param {boolean} holds
 * @param {string} rule
 */
export function check(holds, rule) {
  if (!holds) throw new Error(`It does not hold that ${rule}`);
}
