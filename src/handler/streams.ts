import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable, Writable } from 'node:stream';
import { type RequestVariables, requestVariables } from '../cgi/request-variables.ts';
import { abortError } from './errors.ts';

/** What a request over FastCGI has beside that of `http`; see `RequestContext`. */
interface Context {
  readonly params: Readonly<RequestVariables>;
  readonly signal: AbortSignal;
  readonly stderr: Writable;
  readonly data?: Readable;
}

function contextOf(req: IncomingMessage): Context | undefined {
  return (req as { fastcgi?: Context }).fastcgi;
}

/** The meta-variables: those that came, or under plain HTTP those that a web server would have sent. */
export function environOf(req: IncomingMessage): Readonly<RequestVariables> {
  return contextOf(req)?.params ?? requestVariables(req);
}

/** FCGI_DATA of a Filter; else an empty stream. */
export function dataOf(req: IncomingMessage): Readable {
  return contextOf(req)?.data ?? Readable.from([]);
}

/** FCGI_STDERR, or the process's: through a stream of its own, which a handler may end. */
export function stderrOf(req: IncomingMessage): Writable {
  const stderr = contextOf(req)?.stderr;
  if (stderr) return stderr;
  return new Writable({
    write: (chunk: Buffer, _encoding, callback) => void process.stderr.write(chunk, callback),
  });
}

/** Aborted when the client goes away or the response is given up, not when it is complete. */
export function signalOf(req: IncomingMessage, res: ServerResponse): AbortSignal {
  return contextOf(req)?.signal ?? closeSignal(res);
}

function closeSignal(res: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const close = () => {
    if (!res.writableFinished) controller.abort(abortError());
  };
  if (res.destroyed) close();
  else res.once('close', close);
  return controller.signal;
}
