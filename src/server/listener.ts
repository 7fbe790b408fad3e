import type { RequestListener } from 'node:http';

/** What can answer requests: a function `(req, res)`, as an Express application is one. */
export type Listener = RequestListener;

/** The function that answers requests for a listener. */
export function toRequestListener(listener: Listener): RequestListener {
  return listener;
}
