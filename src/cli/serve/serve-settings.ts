import { resolve } from 'node:path';
import { resolveProgramOptions, type ServeOptions } from '../../program/serve-options.ts';
import type { ServerOptions } from '../../server/index.ts';
import type { Values } from '../command.ts';
import { UsageError } from '../failure.ts';
import type { Host } from '../host.ts';
import { number, seconds, text, texts } from '../parse.ts';
import { type ListenAddress, parseHttp, parseListen, parseMode } from './listen-address.ts';
import type { GatewaySettings } from './stand-in-front.ts';

/** What `fcgi serve` was asked for. */
export interface ServeSettings {
  /** Where FastCGI is to be served; undefined leaves it to how the process was started. */
  readonly listen: ListenAddress | undefined;
  /** Where the gateway is to stand. */
  readonly http: GatewaySettings | undefined;
  readonly options: ServeOptions;
}

/** While somebody edits, an open event stream must not hold the next start up for long. */
const WATCH_DRAIN_MS = 1000;

/** @throws {UsageError} if an option has a wrong value */
export function serveSettings(values: Values, host: Host): ServeSettings {
  const mode = parseMode(text(values, 'mode'));
  const listen = text(values, 'listen');
  const http = text(values, 'http');
  const root = text(values, 'root');
  if (mode !== undefined && listen === undefined) {
    throw new UsageError('--mode is for the socket file that --listen names');
  }
  if (root !== undefined && http === undefined) {
    throw new UsageError('--root is for the gateway that --http starts');
  }
  if (values.watch === true && values['max-requests'] !== undefined) {
    throw new UsageError('--max-requests ends the application, which --watch would not start anew');
  }
  return {
    listen: listen === undefined ? undefined : parseListen(listen, mode, host),
    http: http === undefined ? undefined : gatewaySettings(http, root, host),
    options: programOptions(values, host),
  };
}

/** Files below the root are sent; every other path is the application's. */
function gatewaySettings(http: string, root: string | undefined, host: Host): GatewaySettings {
  const address = parseHttp('http', http);
  if (root === undefined) return { http: address };
  const folder = resolve(host.process.cwd(), root);
  return { http: address, root: folder, static: true, scripts: false };
}

function programOptions(values: Values, host: Host): ServeOptions {
  const allowed = texts(values, 'allow');
  const drainTimeout =
    seconds(values, 'drain-timeout') ?? (values.watch === true ? WATCH_DRAIN_MS : undefined);
  const options: ServerOptions & { drainTimeout?: number | undefined } = {
    base: text(values, 'base'),
    allowedClients: allowed.length > 0 ? allowed : undefined,
    maxRequests: number(values, 'max-requests'),
    drainTimeout,
  };
  resolveProgramOptions(options, host.process);
  return options;
}
