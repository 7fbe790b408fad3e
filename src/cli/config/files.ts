import { readdirSync, readFileSync } from 'node:fs';
import { join, parse } from 'node:path';
import { ExitCode } from '../exit-code.ts';
import { Failure, UsageError } from '../failure.ts';
import type { Host } from '../host.ts';

/** Files that are used together, as the service and the socket unit of systemd. */
export interface Variant {
  readonly name: string;
  /** The names of its files. */
  readonly files: readonly string[];
  /** What they hold, one after the other. */
  readonly text: string;
  /** What the first comment says that it is for. */
  readonly summary: string;
}

/** Servers that are known by another name than that of their folder, and the variant that is meant. */
const aliases: { readonly [server: string]: { folder: string; variant: string } } = {
  htaccess: { folder: 'mod_fcgid', variant: '.htaccess' },
};

/** The variants that most people want, by what they connect over. */
const USUAL = { socket: ['socket', 'unix', 'connect'], tcp: ['tcp', 'socket', 'connect'] } as const;

/** The servers for which there is a configuration. */
export function servers(host: Host): string[] {
  const deploy = deployFolder(host);
  const folders = readdirSync(deploy, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => filesOf(join(deploy, name)).length > 0);
  const known = Object.keys(aliases).filter((name) =>
    folders.includes(aliases[name]?.folder ?? ''),
  );
  return [...folders, ...known].sort();
}

/**
 * The variants of a server's configuration.
 *
 * @throws {UsageError} if there is no such server
 */
export function variants(server: string, host: Host): readonly Variant[] {
  if (!servers(host).includes(server)) {
    throw new UsageError(`There is no '${server}'; there are ${servers(host).join(', ')}`);
  }
  const folder = join(deployFolder(host), aliases[server]?.folder ?? server);
  const files = filesOf(folder);
  const names = [...new Set(files.map((file) => parse(file).name))];
  return names.map((name) => {
    const own = files.filter((file) => parse(file).name === name);
    return variantOf(name, own, folder);
  });
}

/**
 * Finds the variant that was asked for: by its name, or by that of one of its files; without a name the one
 * that most people want.
 *
 * @param over what it connects over
 * @throws {UsageError} if there is no such server or variant
 */
export function findVariant(
  server: string,
  name: string | undefined,
  over: keyof typeof USUAL,
  host: Host,
): Variant {
  const all = variants(server, host);
  if (name === undefined) {
    const names = [...USUAL[over], aliases[server]?.variant];
    const usual = names.map((one) => all.find((variant) => variant.name === one)).find(Boolean);
    return usual ?? (all[0] as Variant);
  }
  const variant = all.find((one) => one.name === name) ?? single(all, name, server, host);
  if (variant) return variant;
  const known = all.map((one) => one.name).join(', ');
  throw new UsageError(`${server} has no variant '${name}'; there are ${known}`);
}

/** One file of several that are used together. */
function single(
  all: readonly Variant[],
  file: string,
  server: string,
  host: Host,
): Variant | undefined {
  if (!all.some(({ files }) => files.includes(file))) return undefined;
  return variantOf(file, [file], join(deployFolder(host), aliases[server]?.folder ?? server));
}

function variantOf(name: string, files: readonly string[], folder: string): Variant {
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8'));
  return { name, files, text: texts.join('\n'), summary: summaryOf(texts[0] as string) };
}

function filesOf(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
}

function summaryOf(text: string): string {
  const comment = text.split('\n').find((line) => /^(#|\/\/) /.test(line)) ?? '';
  return comment.replace(/^(#|\/\/) /, '');
}

function deployFolder({ packageFolder }: Host): string {
  const folder = join(packageFolder, 'deploy');
  try {
    readdirSync(folder);
    return folder;
  } catch (error) {
    throw new Failure(ExitCode.FAILURE, `The folder ${folder} cannot be read`, error);
  }
}
