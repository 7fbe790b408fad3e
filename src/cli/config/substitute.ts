import { UsageError } from '../failure.ts';
import { baseRules } from './base-rules.ts';

/** What stands in the files of `deploy/` for what differs from application to application. */
const PLACEHOLDERS = {
  socket: '/run/app/app.sock',
  tcp: '127.0.0.1:9000',
  serverName: 'app.example.org',
  root: '/srv/app/public',
  app: '/srv/app',
} as const;

/** What is put in their place; what is undefined stays. */
export interface Substitutes {
  /** The path of a socket, or `host:port`. */
  readonly socket?: string | undefined;
  readonly serverName?: string | undefined;
  readonly root?: string | undefined;
  readonly app?: string | undefined;
  readonly base?: string | undefined;
}

/** Characters that no server's syntax gives a meaning, so that a value cannot become a directive. */
const PLAIN = /^[\w./:@%+,~[\]-]+$/;

const HOST_AND_PORT = /^(?:\[[0-9a-f:.]+\]|[^:/\s[\]]+):\d+$/i;

/** Whether a target is a TCP address. */
export function isTcp(socket: string | undefined): boolean {
  return socket !== undefined && HOST_AND_PORT.test(socket);
}

/**
 * Puts the values of an application into a configuration.
 *
 * @param name what the configuration is called in errors
 * @throws {UsageError} if a value could not stand there, or has no place in this configuration
 */
export function substitute(
  server: string,
  name: string,
  text: string,
  substitutes: Substitutes,
): string {
  const { base, socket, serverName, root, app } = substitutes;
  const noPlace = (option: string) => new UsageError(`${name} has no place for --${option}`);
  for (const [option, value] of Object.entries(substitutes)) checkValue(option, value);
  let result = text;
  if (base !== undefined) {
    result = mount(server, result, base);
    if (result === text) throw noPlace('base');
  }
  const values = new Map<string, string>();
  const put = (option: string, placeholder: string, value: string | undefined) => {
    if (value === undefined) return;
    if (!text.includes(placeholder)) throw noPlace(option);
    values.set(placeholder, value);
  };
  if (socket !== undefined && isTcp(socket) && !text.includes(PLACEHOLDERS.tcp)) {
    const before = result;
    result = connectOverTcp(result, socket);
    if (result === before) throw noPlace('socket');
    // The comment that says what the file is for.
    result = result.replace('an application on a Unix socket', 'an application on a TCP port');
  } else put('socket', isTcp(socket) ? PLACEHOLDERS.tcp : PLACEHOLDERS.socket, socket);
  put('server-name', PLACEHOLDERS.serverName, serverName);
  put('root', PLACEHOLDERS.root, root);
  put('app', PLACEHOLDERS.app, app);
  return replaceAll(result, values);
}

function checkValue(option: string, value: string | undefined): void {
  if (value === undefined || PLAIN.test(value)) return;
  const name = option === 'serverName' ? 'server-name' : option;
  throw new UsageError(`--${name} '${value}' has characters that a configuration gives a meaning`);
}

/** In one pass, since a value may hold another placeholder; the longest first, since one begins another. */
function replaceAll(text: string, values: ReadonlyMap<string, string>): string {
  const placeholders = [...values.keys()].sort((a, b) => b.length - a.length);
  if (placeholders.length === 0) return text;
  const any = new RegExp(placeholders.map((one) => one.replaceAll('.', '\\.')).join('|'), 'g');
  return text.replace(any, (placeholder) => values.get(placeholder) as string);
}

/** Configurations that name a socket's path, made to name a TCP address. */
function connectOverTcp(text: string, address: string): string {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(address) ?? [];
  const forms: readonly (readonly [RegExp, string])[] = [
    // nginx, HAProxy and Caddy; Apache has another file for it.
    [/unix[:@/]\/run\/app\/app\.sock(?!\|)/g, address],
    [/"socket" => "\/run\/app\/app\.sock"/g, `"host" => "${host}", "port" => ${port}`],
    [/(?<=^ListenStream=)\/run\/app\/app\.sock/gm, address],
  ];
  return forms.reduce((result, [form, value]) => result.replace(form, () => value), text);
}

function mount(server: string, text: string, base: string): string {
  const path = `/${base.replace(/^\/+|\/+$/g, '')}`;
  if (path === '/') return text;
  return (baseRules[server] ?? []).reduce((result, rule) => rule(result, path), text);
}
