import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Application,
  type ApplicationName,
  type ApplicationOptions,
  type ListenTarget,
} from './application.ts';
import { type Certificate, makeCertificate, OPENSSL } from './certificate.ts';
import type { FrontEnd, StartFrontEnd, StartWithCopies } from './front-end.ts';
import type { NotedApplication } from './noted-application.ts';

/** How the web server reaches the application. */
export interface Mode {
  readonly mode: string;
  readonly transport: 'unix' | 'tcp';
  readonly keepConnections: boolean;
}

export const KEPT_OVER_UNIX: Mode = {
  mode: 'connections kept, over a Unix socket',
  transport: 'unix',
  keepConnections: true,
};

export const ANEW_OVER_UNIX: Mode = {
  mode: 'a connection a request, over a Unix socket',
  transport: 'unix',
  keepConnections: false,
};

export const ANEW_OVER_TCP: Mode = {
  mode: 'a connection a request, over TCP',
  transport: 'tcp',
  keepConnections: false,
};

export const KEPT_OVER_TCP: Mode = {
  mode: 'connections kept, over TCP',
  transport: 'tcp',
  keepConnections: true,
};

/** What web servers answer for an application that they do not reach. */
export const UNREACHABLE: readonly number[] = [500, 502, 503];

interface Parts {
  readonly folder: string;
  readonly application: NotedApplication;
  readonly frontEnd: FrontEnd;
  readonly certificate: Certificate | undefined;
  /** Has the application started again after its end. */
  readonly restart: (before: NotedApplication) => Promise<NotedApplication>;
  /** What a request gets that comes after the end of the application. */
  readonly unserved: readonly number[];
}

/** An application behind a web server. */
export class Site {
  application: NotedApplication;
  readonly frontEnd: FrontEnd;
  /** Undefined where nothing is installed to make one. */
  readonly certificate: Certificate | undefined;
  readonly unserved: readonly number[];
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.application = parts.application;
    this.frontEnd = parts.frontEnd;
    this.certificate = parts.certificate;
    this.unserved = parts.unserved;
    this.#parts = parts;
  }

  /** An application that runs by itself, and a web server that connects to it. */
  static start(
    startFrontEnd: StartFrontEnd,
    name: ApplicationName,
    { transport, keepConnections }: Mode,
  ): Promise<Site> {
    return inFolder(async (folder) => {
      const options: ApplicationOptions = {
        application: name,
        listen: listenTarget(transport, folder),
        options: { dataFolder: join(folder, 'data') },
      };
      const application = await Application.start(options);
      try {
        const certificate = await certificateIn(folder);
        const frontEnd = await startFrontEnd({
          folder: makeFolder(folder, 'web-server'),
          application: application.listen,
          keepConnections,
          certificate,
        });
        // Where it listened before.
        const restart = () => Application.start({ ...options, listen: application.listen });
        const unserved = UNREACHABLE;
        return new Site({ folder, application, frontEnd, certificate, restart, unserved });
      } catch (error) {
        await application.stop();
        throw error;
      }
    });
  }

  /** A web server that starts the application, as often as it likes: it does so too when one is gone. */
  static startWithCopies(start: StartWithCopies): Promise<Site> {
    return inFolder(async (folder) => {
      const certificate = await certificateIn(folder);
      const started = await start({ folder, certificate });
      const restart = async (copies: NotedApplication) => copies;
      return new Site({ ...started, folder, certificate, restart, unserved: [200] });
    });
  }

  get origin(): string {
    return this.frontEnd.origin;
  }

  /** Starts the application again, if the web server does not. */
  async restart(): Promise<void> {
    this.application = await this.#parts.restart(this.application);
  }

  async stop(): Promise<void> {
    try {
      await this.frontEnd.stop();
    } finally {
      await this.application.stop();
      rmSync(this.#parts.folder, { recursive: true, force: true });
    }
  }
}

async function inFolder(start: (folder: string) => Promise<Site>): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'fcgi-site-'));
  try {
    return await start(folder);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function certificateIn(folder: string): Promise<Certificate | undefined> {
  return existsSync(OPENSSL.path) ? makeCertificate(folder) : undefined;
}

function listenTarget(transport: Mode['transport'], folder: string): ListenTarget {
  if (transport === 'tcp') return { port: 0, host: '127.0.0.1' };
  // A web server under another user may connect too.
  return { path: join(folder, 'app.sock'), mode: 0o666 };
}

function makeFolder(parent: string, name: string): string {
  const folder = join(parent, name);
  mkdirSync(folder);
  return folder;
}

/** Registers a test. */
export type Rule = (title: string, body: (site: Site) => Promise<void>, timeout?: number) => void;

/** Registers all tests but those with these titles: what this web server does instead has tests of its own. */
export function without(rule: Rule, titles: readonly string[]): Rule {
  return (title, body, timeout) => {
    if (!titles.includes(title)) rule(title, body, timeout);
  };
}

/** `useSiteOf()` for an application that runs by itself. */
export function useSite(startFrontEnd: StartFrontEnd, name: ApplicationName, mode: Mode): Rule {
  return useSiteOf(() => Site.start(startFrontEnd, name, mode));
}

/**
 * Starts a site before the tests of a `describe` and stops it after them.
 *
 * @returns a `test` whose function gets the site. If it fails it prints what the web server logged
 *   meanwhile, and all that the application wrote
 */
export function useSiteOf(start: () => Promise<Site>): Rule {
  let site: Site;
  beforeAll(async () => {
    site = await start();
  });
  afterAll(async () => {
    await site?.stop();
  });
  return (title, body, timeout) => {
    const run = async () => {
      const logBefore = site.frontEnd.errorLog().length;
      try {
        await body(site);
      } catch (error) {
        const log = site.frontEnd.errorLog().slice(logBefore);
        const { log: output } = site.application;
        console.error(`${title}\n\nThe web server:\n${log}\nThe application:\n${output}`);
        throw error;
      }
    };
    test(title, run, timeout);
  };
}

let requests = 0;

/** A name for one request, by which test and application speak of it. */
export function requestName(): string {
  return `request-${++requests}`;
}
