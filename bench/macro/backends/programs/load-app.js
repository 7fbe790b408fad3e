/**
 * Takes the name of an application, a path to listen on, and what else the program needs, from the command line.
 *
 * @returns {Promise<{ listener: import('node:http').RequestListener, socket: string, rest: readonly string[] }>}
 */
export async function loadApp() {
  const [app, socket = '', ...rest] = process.argv.slice(2);
  const { createListener } = await import(`../../../apps/${app}.js`);
  return { listener: createListener(), socket, rest };
}
