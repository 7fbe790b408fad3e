import type { RequestListener } from 'node:http';
import type express from 'express';
import type { Note } from './log.ts';
import type { WireRequest } from './message.ts';
import { type Case, listener } from './table.ts';

/** Express 4 or 5: what is used here, both have. */
export type Express = typeof express;
export type Build = (app: express.Express, note: Note, express: Express) => void;

/** A row that each version of Express makes its application for. */
export interface ExpressCase extends Omit<Case, 'app'> {
  readonly build: Build;
}

export function app(title: string, build: Build, ...requests: WireRequest[]): ExpressCase {
  return { title, build, ...(requests.length > 0 && { requests }) };
}

/** One route that answers everything. */
export function route(title: string, handle: express.RequestHandler, ...requests: WireRequest[]) {
  return app(title, (app) => app.use(handle), ...requests);
}

export function casesFor(express: Express, rows: readonly ExpressCase[]): Case[] {
  return rows.map(({ build, ...row }) => ({
    ...row,
    app: listener((note) => {
      const made = express();
      // Else errors are printed.
      made.set('env', 'test');
      build(made, note, express);
      return made as unknown as RequestListener;
    }),
  }));
}

export function post(type: string, body: NonNullable<WireRequest['body']>): WireRequest {
  return { method: 'POST', headers: [['Content-Type', type]], body };
}

export function get(target: string, ...headers: [string, string][]): WireRequest {
  return { target, headers };
}
