/**
 * The built package that is measured.
 *
 * @typedef {object} Build
 * @property {typeof import('../../src/index.ts')} fcgi
 * @property {typeof import('../../src/protocol/index.ts')} protocol
 */

/**
 * Does one sample's operations.
 *
 * @typedef {() => unknown} Run
 */

/**
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} says what is measured
 * @property {string} unit of which one operation is one
 * @property {number} operations how many of them one run does
 * @property {number} warmUp how many times longer than it is measured it is warmed up
 * @property {(build: Build) => Promise<Run> | Run} ours checks that it does what it should, and returns what is measured
 * @property {() => Promise<Run> | Run} [node] the same done by Node itself, if it can
 */

export {};
