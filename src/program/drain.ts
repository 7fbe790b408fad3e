import type { Server as NetServer } from 'node:net';
import type { Host, ProgramSettings } from './serve-options.ts';

/**
 * The signals that stop a program: SIGTERM of mod_fcgid, lighttpd, systemd and containers, SIGINT of a
 * terminal, SIGHUP of a terminal that closes. SIGUSR1 is left to Node, which opens its debugger.
 */
export const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** What a shell reports for a program that SIGINT ended. */
const INTERRUPTED = 130;

/** A server that can be the whole of a program. */
export type ProgramServer = NetServer & { closeAllConnections(): void };

/** Longer waits than Node's timers know are waits for ever. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/**
 * Drains the server when the program is told to stop: it stops accepting, idle connections are closed, and
 * requests finish. Then the program ends by itself, with exit code 0; what is left of it ends when
 * `drainTimeout` is over. A second SIGINT ends it at once.
 *
 * @returns drains it for another reason than a signal, which is told
 */
export function drainOnSignals(
  server: ProgramServer,
  host: Host,
  { drainTimeout, log }: Pick<ProgramSettings, 'drainTimeout' | 'log'>,
): (reason: string) => void {
  let draining = false;
  const stop = (reason: string) => {
    if (draining && reason === 'SIGINT') host.exit(INTERRUPTED);
    if (draining) return;
    draining = true;
    log(`fcgi: ${reason}: finishing what runs, within ${drainTimeout} ms`);
    // What has connected is accepted first: it would else be reset.
    setImmediate(() => server.close());
    endWithin(drainTimeout, server, host);
  };
  for (const signal of SIGNALS) host.on(signal, stop);
  server.once('close', () => {
    // Closed by the application, signals do again what they do by default.
    if (!draining) for (const signal of SIGNALS) host.off(signal, stop);
  });
  return stop;
}

/** Ends the program, and cuts off what still runs, after so many milliseconds if it has not ended by then. */
export function endWithin(msecs: number, server: ProgramServer, host: Host): void {
  if (msecs > MAX_TIMEOUT) return;
  const end = () => {
    server.closeAllConnections();
    // Connections close at the end of a turn of the event loop: requests see it, and may say so.
    setImmediate(() => setImmediate(() => host.exit()));
  };
  setTimeout(end, msecs).unref();
}
