import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account, asOrdinaryUser, own } from './account.ts';
import { APACHE } from './apache.ts';
import { startApacheWith } from './apache-site.ts';
import type { Launch, RunningWebServer } from './start-web-server.ts';

/** How the host is set up, where that is not as usual. */
export interface HostOptions {
  /** The module that starts programs. */
  readonly programs?: readonly ('fcgid' | 'cgid')[];
  readonly without?: string;
  readonly allowOverride?: string;
  /** More lines of its configuration. */
  readonly settings?: string;
}

/** Apache as a host sets it up, for one account. */
export function startHost(
  { home }: Account,
  { programs = ['fcgid', 'cgid'], without, allowOverride = 'All', settings = '' }: HostOptions = {},
): Promise<RunningWebServer> {
  const modules = ['rewrite', ...programs].filter((name) => name !== without);
  return startHostWith(
    modules,
    ([port]) => `${settings}
<VirtualHost 127.0.0.1:${port}>
  DocumentRoot ${home}/public_html
</VirtualHost>
<Directory ${home}/public_html>
  Options Indexes FollowSymLinks MultiViews
  AllowOverride ${allowOverride}
  Require all granted
</Directory>
`,
  );
}

/** Where the modules that start programs keep their sockets. */
const OWN: Readonly<Record<string, (run: string) => string>> = {
  fcgid: (run) => `FcgidIPCDir ${run}\nFcgidProcessTableFile ${run}/fcgid.table`,
  cgid: (run) => `ScriptSock ${run}/cgid.sock`,
};

/** Apache with a site, run by an ordinary user. */
export async function startHostWith(
  modules: readonly string[],
  site: (ports: readonly number[]) => string,
): Promise<RunningWebServer> {
  const run = mkdtempSync(join(tmpdir(), 'fcgi-apache-'));
  own(run);
  const settings = modules.map((name) => OWN[name]?.(run) ?? '').join('\n');
  const configuration = (ports: readonly number[]) => `${settings}
AccessFileName .htaccess
<FilesMatch "^\\.ht">
  Require all denied
</FilesMatch>
${site(ports)}`;
  const remove = () => rmSync(run, { recursive: true, force: true });
  try {
    const server = await startApacheWith(run, modules, configuration, asAccount);
    return { ...server, stop: () => server.stop().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}

function asAccount(apache: readonly string[]): Launch {
  const [command, args] = asOrdinaryUser(APACHE.path, apache);
  return { command, args };
}
