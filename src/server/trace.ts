import { debuglog } from 'node:util';
import { recordTypeName } from '../protocol/index.ts';

const log = debuglog('fcgi');
let connections = 0;

/** The lines that `NODE_DEBUG=fcgi` prints about one connection. */
export class Trace {
  readonly #name: string;

  /** @param peer the connection gets a number too: all ends of a Unix socket have one name */
  constructor(peer: string) {
    connections++;
    this.#name = `#${connections} ${peer}`;
  }

  /** A record that came, or the piece of it that came. */
  received(type: number, requestId: number, length: number): void {
    this.#record('<', type, requestId, length);
  }

  /** A record that is sent, or content that joins one. */
  sent(type: number, requestId: number, length: number): void {
    this.#record('>', type, requestId, length);
  }

  note(text: string): void {
    log('%s %s', this.#name, text);
  }

  #record(direction: string, type: number, requestId: number, length: number): void {
    const name = recordTypeName(type);
    log('%s %s %s, request %d, %d bytes', this.#name, direction, name, requestId, length);
  }
}

/** Begins to trace a connection; undefined, so that it costs nothing, unless NODE_DEBUG asks for it. */
export function startTrace(peer: () => string): Trace | undefined {
  return log.enabled ? new Trace(peer()) : undefined;
}
