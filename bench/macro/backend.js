/**
 * @typedef {object} Setup
 * @property {string} folder for what is built and configured, the same in every round
 * @property {string} socket to listen on
 * @property {string} app of `apps/`, or what does the same in another language
 * @property {string} node the binary of Node
 * @property {number} workers processes that a backend needs which serves one connection each
 */

/**
 * @typedef {object} Command
 * @property {string} command
 * @property {readonly string[]} args
 * @property {NodeJS.ProcessEnv} [env]
 */

/**
 * A server behind nginx.
 *
 * @typedef {object} Backend
 * @property {string} name
 * @property {string} says what it is, in words for the page
 * @property {'http' | 'fastcgi'} protocol
 * @property {readonly string[]} [apps] those it has; all of them if not given
 * @property {boolean} [isCompiled] before it is started: it needs no warming up
 * @property {() => string | undefined} missing what must be installed for it, if it is not
 * @property {() => Promise<string> | string} version
 * @property {(setup: Setup) => Promise<Command> | Command} prepare builds and configures it, and says how it is started
 */

/** What can be done without a framework of Node. */
export const PLAIN_APPS = ['plain', 'response', 'upload', 'stream'];
