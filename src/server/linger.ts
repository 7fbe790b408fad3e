import type { Socket } from 'node:net';

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
  if (bodyEnded) return socket.destroySoon();
  socket.end(() => {
    socket.setTimeout(SILENCE_LIMIT);
    const timer = setTimeout(() => socket.destroy(), TIME_LIMIT).unref();
    socket.once('close', () => clearTimeout(timer));
  });
}
