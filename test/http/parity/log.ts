import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { types } from 'node:util';
import { within } from '../../support/deadline.ts';

/** Notes what a handler saw; errors are noted by their code. */
export type Note = (label: string, value?: unknown) => void;

/** What the application was given of a request, and how its objects looked at the end. */
export interface Seen {
  readonly head: Head;
  end: Record<string, unknown> | undefined;
}

export interface Head {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly httpVersion: string;
  readonly headers: readonly (readonly [string, unknown])[];
  readonly rawHeaders: readonly string[];
  readonly remoteAddress: string | undefined;
  readonly remoteFamily: string | undefined;
  readonly localAddress: string | undefined;
  readonly encrypted: boolean | undefined;
}

/** Events of listeners, and those whose number and place depend on how the body was cut into chunks. */
const ignored = new Set<string | symbol>([
  'newListener',
  'removeListener',
  'readable',
  'pause',
  'resume',
]);

/** Everything that an application sees, in the order in which it happened. */
export class Log {
  readonly entries: string[] = [];
  readonly seen: Seen[] = [];
  readonly #changed = new EventEmitter();
  #open = 0;

  readonly note: Note = (label, value) => {
    this.#add(value === undefined ? label : `${label}: ${show(value)}`);
  };

  /** Watches a request's objects without adding listeners, which would change what they do. */
  readonly watch = (req: IncomingMessage, res: ServerResponse): void => {
    const seen: Seen = { head: headOf(req), end: undefined };
    this.seen.push(seen);
    this.#open += 2;
    const close = () => {
      this.#open--;
      seen.end = endOf(req, res);
    };
    this.#follow('req', req, close);
    this.#follow('res', res, close);
  };

  /** Waits until the handler has noted this. */
  async until(label: string): Promise<void> {
    await this.#wait(label, () => this.entries.some((entry) => entry.split(': ')[0] === label));
  }

  /** Waits until all requests are over. */
  async settled(): Promise<void> {
    await this.#wait(`'close' of req and res after ${this.entries.join(', ')}`, () => !this.#open);
  }

  async #wait(what: string, condition: () => boolean): Promise<void> {
    let check: () => void = () => {};
    const met = new Promise<void>((resolve) => {
      check = () => {
        if (condition()) resolve();
      };
    });
    this.#changed.on('change', check);
    check();
    try {
      await within(what, met);
    } finally {
      this.#changed.off('change', check);
    }
  }

  #follow(name: string, emitter: EventEmitter, close: () => void): void {
    const { emit } = emitter;
    emitter.emit = (event: string, ...args: unknown[]) => {
      const result = Reflect.apply(emit, emitter, [event, ...args]);
      if (event === 'close') close();
      if (!ignored.has(event)) this.#add(`${name} ${event}${show(errorIn(event, args[0]))}`);
      return result;
    };
  }

  /** Leaves out repetitions: how bytes were cut into chunks is nobody's promise. */
  #add(entry: string): void {
    if (entry !== this.entries.at(-1)) this.entries.push(entry);
    this.#changed.emit('change');
  }
}

function errorIn(event: string, argument: unknown): unknown {
  return event === 'error' ? argument : undefined;
}

function show(value: unknown): string {
  if (value === undefined) return '';
  // Not instanceof: jest has an Error of its own.
  if (types.isNativeError(value)) return (value as { code?: string }).code ?? value.name;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function headOf(req: IncomingMessage): Head {
  const { method, url, httpVersion, headers, rawHeaders, socket } = req;
  return {
    method,
    url,
    httpVersion,
    headers: Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1)),
    rawHeaders: [...rawHeaders],
    remoteAddress: socket.remoteAddress,
    remoteFamily: socket.remoteFamily,
    localAddress: socket.localAddress,
    encrypted: (socket as TLSSocket).encrypted,
  };
}

function endOf(req: IncomingMessage, res: ServerResponse): Record<string, unknown> {
  return {
    complete: req.complete,
    aborted: req.aborted,
    readableEnded: req.readableEnded,
    readableAborted: req.readableAborted,
    requestDestroyed: req.destroyed,
    requestErrored: (req.errored as { code?: string } | null)?.code,
    trailers: req.rawTrailers,
    statusCode: res.statusCode,
    statusMessage: res.statusMessage,
    headersSent: res.headersSent,
    writableEnded: res.writableEnded,
    writableFinished: res.writableFinished,
    finished: res.finished,
    responseDestroyed: res.destroyed,
    responseErrored: (res.errored as { code?: string } | null)?.code,
  };
}
