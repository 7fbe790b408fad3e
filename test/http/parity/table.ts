import type { RequestListener, Server } from 'node:http';
import type { DifferenceId } from './differences.ts';
import type { Note } from './log.ts';
import type { WireRequest } from './message.ts';

/** One row: an application, requests to it, and in what `http` and FastCGI may differ there. */
export interface Case {
  /** A rule in the present tense. */
  readonly title: string;
  /** Makes the application anew for each side. */
  readonly app: App;
  /** In turn on one connection; `GET /` unless told otherwise. */
  readonly requests?: readonly WireRequest[];
  /** Beside those that are everywhere. Each must be needed. */
  readonly differs?: readonly DifferenceId[];
  /**
   * Compares the events of `req`, those of `res` and the notes each on their own: where the two end apart,
   * which of them is a turn earlier depends on how bytes arrive, under `http` too.
   */
  readonly apart?: boolean;
}

/** Hands the application to a server, and returns that server before it listens. */
export type App = (side: Side) => Started | Promise<Started>;

export interface Side {
  readonly createServer: (listener: RequestListener) => Server;
  readonly note: Note;
}

export interface Started {
  readonly server: Server;
  /** Instead of the server's own `listen()`. */
  readonly listen?: () => Promise<unknown>;
  /** Instead of the server's own `close()`. */
  readonly close?: () => Promise<unknown>;
}

/** An application that is a listener. */
export function listener(make: (note: Note) => RequestListener): App {
  return ({ createServer, note }) => ({ server: createServer(make(note)) });
}
