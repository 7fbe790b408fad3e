/*
 * The line between the test and the application under test: the test gives commands, the application
 * notes what happens. Neither goes through the web server.
 */
import { EventEmitter } from 'node:events';

const commands = new EventEmitter().setMaxListeners(0);

process.on('message', ({ command, id, data }) => commands.emit(`${command} ${id}`, data));
// A server that has closed ends its process, listening to commands or not.
process.channel?.unref();
process.on('disconnect', () => process.exit(1));

/** Tells the test what happened, and to which request. */
export function note(name, id, data = null) {
  if (process.connected) process.send({ name, id: String(id), data });
}

/** Runs when the test gives the command for this request. */
export function onCommand(command, id, run) {
  commands.on(`${command} ${id}`, run);
}
