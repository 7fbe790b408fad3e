/*
 * The line between the test and the application under test: the test gives commands, the application
 * notes what happens. Neither goes through the web server.
 */
import { EventEmitter } from 'node:events';
import { writeSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const commands = new EventEmitter().setMaxListeners(0);

/** Which of them the line is, the one who started the process tells. */
const { CONTROL_SOCKET } = process.env;
const send = CONTROL_SOCKET ? overSocket(CONTROL_SOCKET) : overIpc();

/** Tells the test what happened, and to which request. */
export function note(name, id, data = null) {
  send({ name, id: String(id), data });
}

/** Runs when the test gives the command for this request. */
export function onCommand(command, id, run) {
  commands.on(`${command} ${id}`, run);
}

function take({ command, id, data }) {
  commands.emit(`${command} ${id}`, data);
}

/** The test started the process. */
function overIpc() {
  process.on('message', take);
  // A server that has closed ends its process, listening to commands or not.
  process.channel?.unref();
  process.on('disconnect', () => process.exit(1));
  return (message) => {
    if (process.connected) process.send(message);
  };
}

/** A web server started the process: it tells the test which one it is, and at last how it ends. */
function overSocket(path) {
  const socket = connect(path).unref();
  const line = (message) => `${JSON.stringify(message)}\n`;
  const ended = () => process.exit(1);
  socket.on('error', ended).on('close', ended);
  createInterface({ input: socket }).on('line', (text) => take(JSON.parse(text)));
  // At its end a process has no time for what is not written at once.
  process.on('exit', (code) => {
    if (!socket.destroyed) writeSync(socket._handle.fd, line({ exitCode: code }));
  });
  socket.write(line({ pid: process.pid }));
  return (message) => socket.write(line(message));
}
