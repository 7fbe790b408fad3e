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
import { APACHE } from './apache.ts';
import { type RunningWebServer, startWebServer } from './start-web-server.ts';

const PAGE = readFileSync(join(repository, 'docs/shared-hosting.md'), 'utf8');
const MODULES = '/usr/lib/apache2/modules';
const STOCK = '/etc/apache2/mods-available';

/** What Debian enables, and what `a2enmod rewrite` adds. */
const ENABLED =
  'access_compat alias auth_basic authn_core authz_core authz_host authz_user autoindex deflate dir env filter mime mpm_event negotiation reqtimeout setenvif status rewrite'.split(
    ' ',
  );

/** How the host is set up, where that is not as usual. */
export interface HostOptions {
  /** The module that starts programs. */
  readonly programs?: readonly ('fcgid' | 'cgid')[];
  readonly without?: string;
  readonly allowOverride?: string;
}

let installed: Promise<Installed> | undefined;

/** Removes what the accounts of this test have their packages from. */
export async function removeInstalled(): Promise<void> {
  (await installed)?.remove();
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

/** Apache as a host sets it up, for one account. */
export function startHost(
  { home }: Account,
  { programs = ['fcgid', 'cgid'], without, allowOverride = 'All' }: HostOptions = {},
): Promise<RunningWebServer> {
  const run = mkdtempSync(join(tmpdir(), 'fcgi-apache-'));
  own(run);
  const modules = [...ENABLED, ...programs].filter((name) => name !== without);
  const own_ = {
    fcgid: `FcgidIPCDir ${run}\nFcgidProcessTableFile ${run}/fcgid.table`,
    cgid: `ScriptSock ${run}/cgid.sock`,
  };
  return startWebServer(1, ({ ports: [port], token }) => {
    writeFileSync(join(run, 'ready'), token);
    writeFileSync(
      join(run, 'apache.conf'),
      `ServerRoot ${run}
DefaultRuntimeDir ${run}
PidFile ${run}/apache.pid
ErrorLog ${run}/error.log
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
DocumentRoot ${home}/public_html
${modules.map(load).join('\n')}
${programs.map((name) => own_[name]).join('\n')}
<Directory />
  Options FollowSymLinks
  AllowOverride None
  Require all denied
</Directory>
<Directory ${home}/public_html>
  Options Indexes FollowSymLinks MultiViews
  AllowOverride ${allowOverride}
  Require all granted
</Directory>
Alias "/.ready" "${run}/ready"
<Directory ${run}>
  Require all granted
</Directory>
AccessFileName .htaccess
<FilesMatch "^\\.ht">
  Require all denied
</FilesMatch>
`,
    );
    const [command, args] = asOrdinaryUser(APACHE.path, [
      ...['-D', 'FOREGROUND', '-f', join(run, 'apache.conf')],
    ]);
    const variables = [`APACHE_RUN_DIR=${run}`, `APACHE_LOG_DIR=${run}`];
    const logFile = join(run, 'error.log');
    return { command: '/usr/bin/env', args: [...variables, command, ...args], logFile };
  }).then((server) => ({
    ...server,
    stop: async () => {
      await server.stop();
      rmSync(run, { recursive: true, force: true });
    },
  }));
}

function load(name: string): string {
  const stock = join(STOCK, `${name}.conf`);
  const line = `LoadModule ${name}_module ${MODULES}/mod_${name}.so`;
  return existsSync(stock) ? `${line}\nInclude ${stock}` : line;
}

/**
 * Where the test is root, the account is another user's, who may not write to what is not his own. He may read
 * all, since the package may lie where only root gets to.
 */
function asOrdinaryUser(command: string, args: readonly string[]): [string, string[]] {
  if (process.getuid?.() !== 0) return [command, [...args]];
  const user = ['--reuid=www-data', '--regid=www-data', '--clear-groups'];
  const right = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
  return ['/usr/bin/setpriv', [...user, ...right, command, ...args]];
}

/** Gives a file to the ordinary user. */
function own(path: string): void {
  if (process.getuid?.() !== 0) return;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'www-data'], { encoding: 'utf8' }));
  chownSync(path, id('-u'), id('-g'));
}
