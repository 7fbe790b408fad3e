import type { RequestListener } from 'node:http';
import type { RequestContext } from '../server/request-context.ts';
import { Server } from '../server/server.ts';
import { scriptEnvironment } from './cgi-script-environment.ts';
import {
  installScriptProcess,
  outsideOfRuns,
  type ScriptWorld,
  within,
} from './cgi-script-process.ts';
import { type CgiScript, ScriptRun } from './cgi-script-run.ts';
import { dropProxyVariable, isPlainCgi } from './plain-cgi.ts';
import { listenInherited } from './serve-inherited.ts';
import {
  type Host,
  type ProgramOptions,
  type ProgramSettings,
  resolveProgramOptions,
} from './serve-options.ts';
import { runFastCgi } from './serve-program.ts';

/** Options of `cgi()`. */
export interface CgiOptions extends ProgramOptions {
  /**
   * The path of the Unix socket.
   * @default './fcgi.sock'
   */
  readonly path?: string | undefined;

  /** A TCP port to listen on instead. */
  readonly port?: number | undefined;

  /**
   * With `port`: the address to listen on. Whoever reaches the port can claim to be any client.
   * @default '127.0.0.1'
   */
  readonly hostname?: string | undefined;

  /**
   * With `path`: the permission bits of the socket file.
   * @default what the umask leaves
   */
  readonly mode?: number | undefined;
}

/** What the program was started for. Under plain CGI the server stays unused. */
export interface ServedScript {
  readonly mode: 'fastcgi' | 'cgi';
  readonly server: Server;
}

/**
 * Makes a FastCGI program of a function that was written for CGI: it reads `process.env` and
 * `process.stdin`, and prints a CGI response to `process.stdout` or by `console.log`.
 *
 * While it runs, `process.env`, `stdin`, `stdout`, `stderr`, `exitCode`, `exit()` and `console` are those of
 * its request, however many run at once, also in what it calls and starts: promises, timers, callbacks.
 * `exit()` ends the request, and its code is the request's `appStatus`.
 *
 * It listens on the socket that the process was started with, else on `path` or `port`. A process that a
 * web server started for one request (GATEWAY_INTERFACE) just runs the script.
 *
 * @param script over when its promise is settled; without one, when it has returned and all of the
 *   standard input that it reads has come
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, or {RangeError} `ERR_OUT_OF_RANGE`, for a wrong option
 */
export function cgi(script: CgiScript, options: CgiOptions = {}): ServedScript {
  return cgiIn({ process, global: globalThis }, script, options);
}

/** `cgi()` in a process that is given. */
export function cgiIn(world: ScriptWorld, script: CgiScript, options: CgiOptions): ServedScript {
  const host: Host = world.process;
  const settings = resolveProgramOptions(options, host);
  const server = new Server(options, scriptListener(script, world));
  const install = () => server.once('close', installScriptProcess(world));
  if (listenInherited(server, host)) install();
  else {
    if (isPlainCgi(host.env)) return runOnce(script, server, host, settings);
    server.once('listening', install);
    listenOwn(server, options);
  }
  runFastCgi(server, host, settings);
  return { mode: 'fastcgi', server };
}

function scriptListener(script: CgiScript, { process }: ScriptWorld): RequestListener {
  return (req, res) => {
    outsideOfRuns(() => {
      const { params } = req.fastcgi as RequestContext;
      const run = new ScriptRun(req, res, scriptEnvironment(process.env, params));
      within(run, () => run.start(script));
    });
  };
}

/** The web server gave the script all it needs. An error ends the process, as that of any program. */
function runOnce(
  script: CgiScript,
  server: Server,
  host: Host,
  { logQuietly }: ProgramSettings,
): ServedScript {
  logQuietly('fcgi: CGI, one request');
  dropProxyVariable(host.env);
  setImmediate(() => void script());
  return { mode: 'cgi', server };
}

function listenOwn(server: Server, { path = './fcgi.sock', port, hostname, mode }: CgiOptions) {
  if (port === undefined) server.listen({ path, mode });
  else server.listen({ port, host: hostname ?? '127.0.0.1' });
}
