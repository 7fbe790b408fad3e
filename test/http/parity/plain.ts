import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Note } from './log.ts';
import { type Case, listener } from './table.ts';

export type Handler = (req: IncomingMessage, res: ServerResponse, note: Note) => unknown;

/** A row whose application is a plain listener. */
export function plain(title: string, handle: Handler, rest: Partial<Case> = {}): Case {
  const app = listener((note) => (req, res) => void handle(req, res, note));
  return { title, app, ...rest };
}

/** A row whose handler only answers. */
export function answer(
  title: string,
  handle: (res: ServerResponse, note: Note) => void,
  rest: Partial<Case> = {},
): Case {
  return plain(title, (_req, res, note) => handle(res, note), rest);
}
