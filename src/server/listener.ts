import type { RequestListener } from 'node:http';
import { type HandlerClass, handlerListener, isHandlerClass } from '../handler/index.ts';

/**
 * What can answer requests: a function `(req, res)`, as an Express application is one, or a class that
 * extends `Handler`.
 */
export type Listener = RequestListener | HandlerClass;

/** The function that answers requests for a listener. */
export function toRequestListener(listener: Listener): RequestListener {
  return isHandlerClass(listener) ? handlerListener(listener) : listener;
}
