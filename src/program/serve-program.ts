import type { AddressInfo } from 'node:net';
import type { Server } from '../server/server.ts';
import { drainOnSignals, endWithin, type ProgramServer } from './drain.ts';
import { onTouch } from './restart-file.ts';
import type { Host, ProgramSettings } from './serve-options.ts';

/**
 * Makes a server the whole of its program: tells where it listens, ends the program if it cannot, and
 * drains when the program is told to stop.
 *
 * @param what the protocol, for the line that tells it; without it there is none
 */
export function runAsProgram(
  server: ProgramServer,
  host: Host,
  settings: ProgramSettings,
  what?: string,
): (reason: string) => void {
  endOnError(server, host, settings);
  const drain = drainOnSignals(server, host, settings);
  if (what === undefined) return drain;
  const tell = () => settings.log(`fcgi: ${what} on ${describe(server)}`);
  // Who waits for the line may act at once: what follows the call of serve() is to come first.
  if (server.listening) process.nextTick(tell);
  else server.once('listening', tell);
  return drain;
}

/**
 * As `runAsProgram()`; the program also ends after `maxRequests`, and when `restartFile` is touched, for its
 * starter to start another one.
 */
export function runFastCgi(server: Server, host: Host, settings: ProgramSettings): void {
  const drain = runAsProgram(server, host, settings, 'FastCGI');
  const { restartFile } = settings;
  if (restartFile !== undefined) {
    server.once(
      'close',
      onTouch(restartFile, () => drain(`${restartFile} was touched`)),
    );
  }
  if (server.settings.maxRequests === 0) return;
  server.once('close', () => endWithin(settings.drainTimeout, server, host));
}

/** What keeps the process alive beside the server must not keep a program that cannot serve. */
function endOnError(server: ProgramServer, host: Host, { log }: ProgramSettings): void {
  const report = (error: Error) => {
    if (server.listenerCount('error') > 1) return;
    log(`fcgi: ${error.message}`);
    if (!server.listening) host.exit(1);
  };
  server.on('error', report);
}

function describe(server: ProgramServer): string {
  const address = server.address() as AddressInfo | string | null;
  // Node knows no name for a Unix socket that it did not make.
  if (address === null) return 'the socket that the process was started with';
  if (typeof address === 'string') return address;
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `${host}:${address.port}`;
}
