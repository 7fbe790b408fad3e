import type { Server } from 'node:net';

/** Turns of the event loop without a connection: between the last two of them it has looked for one. */
const SILENT_TURNS = 2;

/**
 * Accepts the connections that wait in the queue of a listening socket. Their peers have connected, and may have
 * sent a request: closing the socket would cut them off.
 *
 * @param emptied called when none waits any more
 * @returns cancels that
 */
export function emptyQueue(server: Server, emptied: () => void): () => void {
  let turns = SILENT_TURNS;
  const accepted = () => {
    turns = SILENT_TURNS;
  };
  const look = () => {
    turns--;
    if (turns >= 0) immediate = setImmediate(look);
    else emptied();
  };
  let immediate = setImmediate(look);
  server.on('connection', accepted);
  return () => {
    clearImmediate(immediate);
    server.off('connection', accepted);
  };
}
