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
import type { FrontEnd, StartFrontEnd } from './front-end.ts';

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

/** An application behind a web server. */
export class Site {
  application: Application;
  readonly frontEnd: FrontEnd;
  /** Undefined where nothing is installed to make one. */
  readonly certificate: Certificate | undefined;
  readonly #options: ApplicationOptions;
  readonly #folder: string;

  private constructor(
    folder: string,
    options: ApplicationOptions,
    application: Application,
    frontEnd: FrontEnd,
    certificate: Certificate | undefined,
  ) {
    this.#folder = folder;
    this.#options = options;
    this.application = application;
    this.frontEnd = frontEnd;
    this.certificate = certificate;
  }

  static async start(
    startFrontEnd: StartFrontEnd,
    name: ApplicationName,
    { transport, keepConnections }: Mode,
  ): Promise<Site> {
    const folder = mkdtempSync(join(tmpdir(), 'fcgi-site-'));
    let application: Application | undefined;
    try {
      const options: ApplicationOptions = {
        application: name,
        listen: listenTarget(transport, folder),
        options: { dataFolder: join(folder, 'data') },
      };
      application = await Application.start(options);
      const certificate = existsSync(OPENSSL.path) ? await makeCertificate(folder) : undefined;
      const frontEnd = await startFrontEnd({
        folder: makeFolder(folder, 'web-server'),
        application: application.listen,
        keepConnections,
        certificate,
      });
      return new Site(folder, options, application, frontEnd, certificate);
    } catch (error) {
      await application?.stop();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get origin(): string {
    return this.frontEnd.origin;
  }

  /** Starts the application again where it listened before. */
  async restart(): Promise<void> {
    const { listen } = this.application;
    this.application = await Application.start({ ...this.#options, listen });
  }

  async stop(): Promise<void> {
    try {
      await this.frontEnd.stop();
    } finally {
      await this.application.stop();
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }
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

/**
 * Starts a site before the tests of a `describe` and stops it after them.
 *
 * @returns a `test` whose function gets the site. If it fails it prints what the web server logged
 *   meanwhile, and all that the application wrote
 */
export function useSite(startFrontEnd: StartFrontEnd, name: ApplicationName, mode: Mode): Rule {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start(startFrontEnd, name, mode);
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
