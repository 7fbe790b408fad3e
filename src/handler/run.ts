import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { isDisconnect } from './errors.ts';
import { complete, discard, Handler, type HandlerClass } from './handler.ts';
import { stderrOf } from './streams.ts';
import { flushed } from './write-to.ts';

/** Whether what is served is a class whose instances answer. */
export function isHandlerClass(listener: unknown): listener is HandlerClass {
  if (typeof listener !== 'function') return false;
  return listener === Handler || listener.prototype instanceof Handler;
}

/** The listener that answers each request with an instance of its own. */
export function handlerListener(Class: HandlerClass): RequestListener {
  return (req, res) => void run(Class, req, res);
}

async function run(Class: HandlerClass, req: IncomingMessage, res: ServerResponse): Promise<void> {
  let handler: Handler | undefined;
  try {
    handler = new Class(req, res);
    await handler.handle();
    await complete(handler);
  } catch (error) {
    if (handler) discard(handler);
    if (!(res.destroyed && isDisconnect(error))) await report(error, req);
    fail(res);
  }
}

/**
 * Tells the error log and the server. The log comes first: after the end of the response nothing reaches
 * the web server.
 */
async function report(error: unknown, req: IncomingMessage): Promise<void> {
  const stderr = stderrOf(req);
  if (stderr.writable) stderr.write(`${inspect(error)}\n`);
  const { server } = req.socket as { server?: NodeJS.EventEmitter };
  server?.emit('handlerError', error, req);
  await flushed(stderr);
}

/** Answers for a handler that failed; if a part of its response is out, that must not pass for the whole. */
function fail(res: ServerResponse): void {
  if (res.headersSent) {
    if (!res.writableEnded) res.destroy();
    return;
  }
  for (const name of res.getHeaderNames()) res.removeHeader(name);
  res.statusMessage = '';
  res.writeHead(500, { 'Content-Type': 'text/plain', 'Content-Length': REASON.length });
  res.end(REASON);
}

const REASON = 'Internal Server Error\n';
