/**
 * Throws what a listener of the application threw, a tick later.
 *
 * It is an uncaught exception, as under `http`, but it must not take with it what else came in the same
 * chunk: other requests share the connection.
 */
export function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
