import type { ListenTarget } from './application.ts';
import type { Certificate } from './certificate.ts';
import type { NotedApplication } from './noted-application.ts';

/** What a web server is started with. */
export interface FrontEndOptions {
  /** An empty folder for its configuration, log and temporary files. */
  readonly folder: string;
  readonly application: ListenTarget;
  /** Whether it keeps its connections to the application. */
  readonly keepConnections: boolean;
  readonly certificate?: Certificate | undefined;
}

/** A web server that runs in front of an application. */
export interface FrontEnd {
  readonly origin: string;
  /** The same over https, where there is a certificate. */
  readonly secureOrigin: string;
  /** The same, but request bodies go to the application as they come. */
  readonly streamingOrigin: string;
  errorLog(): string;
  /** Waits until the error log holds a text. */
  logged(text: string): Promise<void>;
  /** Has it read its configuration anew, and waits until it serves by that. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

export type StartFrontEnd = (options: FrontEndOptions) => Promise<FrontEnd>;

/** What a web server is started with that starts the application itself. */
export interface StartingOptions {
  /** A folder for its configuration, log and temporary files. */
  readonly folder: string;
  readonly certificate?: Certificate | undefined;
}

export type StartWithCopies = (
  options: StartingOptions,
) => Promise<{ readonly frontEnd: FrontEnd; readonly application: NotedApplication }>;
