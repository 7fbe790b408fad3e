import type { Server as HttpServer } from 'node:http';
import type { ServerOptions } from '../server/options.ts';
import type { Server } from '../server/server.ts';

/** The process that a program is served in: all that is asked of it, so that tests can give another one. */
export type Host = Pick<
  NodeJS.Process,
  | 'env'
  | 'pid'
  | 'stdin'
  | 'stdout'
  | 'stderr'
  | 'exit'
  | 'exitCode'
  | 'on'
  | 'off'
  | 'listenerCount'
>;

/** Options that say how a program that runs by itself ends, and what it tells. */
export interface ProgramOptions extends ServerOptions {
  /**
   * Milliseconds that the program may take to end: requests that still run then are cut off. 0 cuts them
   * off at once, Infinity waits for ever.
   * @default 10000
   */
  readonly drainTimeout?: number | undefined;

  /**
   * The path of a file that ends a FastCGI server when it is made or touched, as a signal does: its starter,
   * as Apache's mod_fcgid, starts the program anew for the next request. It is looked at once a second, and
   * need not exist. A relative path begins at the working directory.
   * @default none
   */
  readonly restartFile?: string | undefined;

  /**
   * Gets a line, without its end, at the start, at a signal, and when the program cannot listen. `false`
   * keeps silent.
   * @default writes to standard error, but not that a request came by plain CGI
   */
  readonly log?: ((line: string) => void) | false | undefined;
}

/** Options of `serve()`. */
export interface ServeOptions extends ProgramOptions {
  /**
   * The port of plain HTTP, or the path of a Unix socket or pipe.
   * @default the environment variable PORT, else 3000
   */
  readonly port?: number | string | undefined;

  /**
   * The host that plain HTTP listens on.
   * @default all, as for `http.Server`
   */
  readonly hostname?: string | undefined;
}

/** What a program was started for, and the server in which it runs. */
export type Served =
  | {
      readonly mode: 'fastcgi' | 'cgi';
      /** Under plain CGI it never listens: the one request is emitted on it. */
      readonly server: Server;
    }
  | { readonly mode: 'http'; readonly server: HttpServer };

/** What is the same in every mode. */
export interface ProgramSettings {
  readonly drainTimeout: number;
  readonly restartFile: string | undefined;
  readonly log: (line: string) => void;
  /** Gets what is not worth a line in an error log for each request. */
  readonly logQuietly: (line: string) => void;
}

/**
 * Fills in the defaults.
 *
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` for an option of the wrong type
 * @throws {RangeError} `ERR_OUT_OF_RANGE` for a `drainTimeout` below 0
 */
export function resolveProgramOptions(options: ProgramOptions, host: Host): ProgramSettings {
  const { drainTimeout = 10_000, restartFile, log } = options;
  if (typeof drainTimeout !== 'number') throw wrongType('drainTimeout', 'a number', drainTimeout);
  if (!(drainTimeout >= 0)) {
    throw Object.assign(
      new RangeError(`The option drainTimeout must be a number of 0 or more, not ${drainTimeout}`),
      { code: 'ERR_OUT_OF_RANGE' },
    );
  }
  if (restartFile !== undefined && typeof restartFile !== 'string') {
    throw wrongType('restartFile', 'a path', restartFile);
  }
  if (log) {
    if (typeof log !== 'function') throw wrongType('log', 'a function or false', log);
    return { drainTimeout, restartFile, log, logQuietly: log };
  }
  const silent = () => {};
  const { stderr } = host;
  // A disk that is full for the log must not end the program.
  stderr.on('error', () => {});
  const toStderr = (line: string) => void stderr.write(`${line}\n`);
  return {
    drainTimeout,
    restartFile,
    log: log === false ? silent : toStderr,
    logQuietly: silent,
  };
}

function wrongType(name: string, expected: string, value: unknown): TypeError {
  return Object.assign(
    new TypeError(`The option ${name} must be ${expected}, not of type ${typeof value}`),
    { code: 'ERR_INVALID_ARG_TYPE' },
  );
}
