import { execFileSync } from 'node:child_process';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Installed, installTarball, repository } from '../../package/tarball.ts';

const PAGE = readFileSync(join(repository, 'docs/shared-hosting.md'), 'utf8');

let installed: Promise<Installed> | undefined;

/** Removes what the accounts of this test have their packages from. */
export async function removeInstalled(): Promise<void> {
  (await installed)?.remove();
  installed = undefined;
}

/** The account of an ordinary user on a shared host. */
export class Account {
  readonly home: string;
  readonly #installed: Installed;

  private constructor(home: string, installed: Installed) {
    this.home = home;
    this.#installed = installed;
  }

  /** An empty home folder. */
  static async make(): Promise<Account> {
    const home = mkdtempSync(join(tmpdir(), 'fcgi-home-'));
    own(home);
    installed ??= installTarball();
    return new Account(home, await installed);
  }

  /** Runs the commands that the page has below a heading, in a folder of the account. */
  follow(heading: string, folder = '.'): void {
    const commands = blocks('console', heading).join('\n');
    const { project } = this.#installed;
    const express = join(repository, 'node_modules/express');
    // What npm would take from a registry.
    const script = commands.replace(
      'npm install fcgi express',
      `mkdir node_modules && cp -R '${project}/node_modules/fcgi' node_modules/ && ln -s '${express}' node_modules/`,
    );
    const [command, args] = asOrdinaryUser('/bin/sh', ['-ec', script]);
    const env = { ...process.env, HOME: this.home };
    execFileSync(command, args, { cwd: join(this.home, folder), env, stdio: 'pipe' });
  }

  path(...names: string[]): string {
    return join(this.home, ...names);
  }

  read(...names: string[]): string {
    const file = this.path(...names);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  write(text: string, ...names: string[]): void {
    const file = this.path(...names);
    writeFileSync(file, text);
    own(file);
  }

  edit(change: (text: string) => string, ...names: string[]): void {
    const before = this.read(...names);
    const after = change(before);
    if (before === after) throw new Error(`There is nothing to change in ${names.join('/')}`);
    this.write(after, ...names);
  }

  /** A site of its own in a sub-folder, with its own copy of the application's folder. */
  addSite(name: string): void {
    mkdirSync(this.path(`app-${name}`));
    for (const file of readdirSync(this.path('app')).filter((each) => each !== 'node_modules')) {
      cpSync(this.path('app', file), this.path(`app-${name}`, file), { recursive: true });
    }
    symlinkSync(this.path('app/node_modules'), this.path(`app-${name}`, 'node_modules'));
    mkdirSync(this.path('public_html', name));
    const from = this.path('app/node_modules/fcgi/deploy/mod_fcgid/sub-folder');
    cpSync(from, this.path('public_html', name), { recursive: true });
    for (const folder of [`app-${name}`, join('public_html', name)]) {
      own(this.path(folder));
      for (const file of readdirSync(this.path(folder))) own(this.path(folder, file));
    }
    const folder = (text: string) => text.replace('=../../app', `=../../app-${name}`);
    this.edit(folder, 'public_html', name, 'app.fcgi');
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** The page's code blocks of a language, below a heading. */
export function blocks(language: string, heading: string): string[] {
  const section = PAGE.split(/^#{2,3} /m).find((each) => each.startsWith(`${heading}\n`)) ?? '';
  const found = [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))];
  if (found.length === 0) throw new Error(`The page has no ${language} under ${heading}`);
  return found.map(([, code]) => code as string);
}

/**
 * Where the test is root, the account is another user's, who may not write to what is not his own. He may read
 * all, since the package may lie where only root gets to.
 */
export function asOrdinaryUser(command: string, args: readonly string[]): [string, string[]] {
  if (process.getuid?.() !== 0) return [command, [...args]];
  const user = ['--reuid=www-data', '--regid=www-data', '--clear-groups'];
  const right = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
  return ['/usr/bin/setpriv', [...user, ...right, command, ...args]];
}

/** Gives a file to the ordinary user. */
export function own(path: string): void {
  if (process.getuid?.() !== 0) return;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'www-data'], { encoding: 'utf8' }));
  chownSync(path, id('-u'), id('-g'));
}
