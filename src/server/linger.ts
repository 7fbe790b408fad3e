import { Socket } from 'node:net';

/** Milliseconds without a byte, and in all, that an unread request body is drained for: nginx's own. */
const SILENCE_LIMIT = 5_000;
const TIME_LIMIT = 30_000;

/**
 * Closes a connection once all that was written is sent.
 *
 * If the web server is still sending a request body, closing at once would answer it with a reset, and
 * the reset can overtake the response. The rest of the body is read and thrown away instead, within
 * bounds, which count from when the response was sent.
 */
export function linger(socket: Socket, bodyEnded: boolean): void {
  // Whoever reads `'data'` knows that the connection closes and ignores what comes.
  socket.resume();
  if (!bodyEnded) drain(socket);
  else if (closingSuffices(socket)) process.nextTick(destroy, socket);
  else socket.destroySoon();
}

function drain(socket: Socket): void {
  socket.end(() => {
    socket.setTimeout(SILENCE_LIMIT);
    const timer = setTimeout(() => socket.destroy(), TIME_LIMIT).unref();
    socket.once('close', () => clearTimeout(timer));
  });
}

/**
 * Whether the system sends what was written and the end after it when the socket is closed. To shut it down before takes
 * a tenth of the time of a connection that is made for one request.
 *
 * That is so of what the system has taken already; not of a socket of another class, as one with TLS, which
 * says goodbye first; and not of a named pipe of Windows, which forgets what was not read.
 */
function closingSuffices(socket: Socket): boolean {
  const isOfTheSystem = Object.getPrototypeOf(socket) === Socket.prototype;
  return isOfTheSystem && socket.writableLength === 0 && process.platform !== 'win32';
}

/** Called in a tick of its own, after those in which the socket calls back for what was written. */
function destroy(socket: Socket): void {
  socket.destroy();
}
