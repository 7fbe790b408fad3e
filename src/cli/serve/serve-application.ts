import { isPlainCgi, runPlainCgi } from '../../program/plain-cgi.ts';
import { listenInherited } from '../../program/serve-inherited.ts';
import { type ProgramSettings, resolveProgramOptions } from '../../program/serve-options.ts';
import { runFastCgi } from '../../program/serve-program.ts';
import {
  createServer,
  type Listener,
  type ListenOptions,
  type Server,
} from '../../server/index.ts';
import type { Host } from '../host.ts';
import type { ServeSettings } from './serve-settings.ts';
import { standInFront } from './stand-in-front.ts';

/** Where it listens if nobody says where: as `cgi()` does. */
export const DEFAULT_PATH = './fcgi.sock';

/**
 * Serves a listener as the whole of a program, as `serve()` does: over FastCGI where it is told, on the
 * socket that the process was started with, as a CGI program, or behind the gateway.
 */
export function serveApplication(listener: Listener, serving: ServeSettings, host: Host): void {
  const settings = withoutRepetition(resolveProgramOptions(serving.options, host.process));
  const server = createServer(serving.options, listener);
  if (serving.http) {
    // A server of its own: each of the two drains without waiting for the other.
    standInFront(createServer(serving.options, listener), serving.http, settings, host);
    if (!serving.listen) return;
  }
  if (serving.listen) {
    runFastCgi(server, host.process, settings);
    server.listen(serving.listen as ListenOptions);
  } else serveAsStarted(server, settings, host);
}

function serveAsStarted(server: Server, settings: ProgramSettings, host: Host): void {
  const inherited = listenInherited(server, host.process);
  if (!inherited && isPlainCgi(host.process.env)) {
    runPlainCgi(server, host.process, settings);
    return;
  }
  runFastCgi(server, host.process, settings);
  if (!inherited) server.listen({ path: DEFAULT_PATH });
}

/** Of two servers each tells that a signal came. */
export function withoutRepetition(settings: ProgramSettings): ProgramSettings {
  let last = '';
  const log = (line: string) => {
    if (line !== last) settings.log(line);
    last = line;
  };
  return { ...settings, log };
}
