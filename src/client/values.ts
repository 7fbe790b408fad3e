import { addAbortListener } from 'node:events';
import {
  type EndRequestBody,
  encodePairs,
  FCGI_MAX_CONNS,
  FCGI_MAX_REQS,
  FCGI_MPXS_CONNS,
  FCGI_NULL_REQUEST_ID,
  PairDecoder,
  RecordType,
} from '../protocol/index.ts';
import type { Connection } from './connection.ts';
import { deferred } from './deferred.ts';
import type { ConnectionRequest } from './running-requests.ts';

/** The names that the specification knows (FastCGI §4.1). */
export const STANDARD_VALUES: readonly string[] = [FCGI_MAX_CONNS, FCGI_MAX_REQS, FCGI_MPXS_CONNS];

/** FCGI_GET_VALUES on a connection, and the answer. */
export class ValuesQuestion implements ConnectionRequest {
  readonly inputEnded = true;
  readonly #connection: Connection;
  readonly #answer = deferred<Record<string, string>>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Asks for the names. An application that does not know the question knows no value. */
  async ask(
    names: readonly string[],
    timeout: number,
    signal: AbortSignal | undefined,
  ): Promise<Record<string, string>> {
    const { writer } = this.#connection;
    this.#connection.ask(this, timeout);
    const question = encodePairs(names.flatMap((name) => [name, '']));
    writer.record(RecordType.GET_VALUES, FCGI_NULL_REQUEST_ID, question);
    // libfcgi takes the names for a stream, and waits for its end. To others it asks for nothing.
    writer.endStream(RecordType.GET_VALUES, FCGI_NULL_REQUEST_ID);
    this.#connection.flush(FCGI_NULL_REQUEST_ID);
    const listener =
      signal && addAbortListener(signal, () => this.#connection.destroy(signal.reason));
    try {
      return await this.#answer.promise;
    } finally {
      listener?.[Symbol.dispose]();
    }
  }

  onRecord(type: number, content: Buffer): boolean {
    if (type === RecordType.UNKNOWN_TYPE) this.#settle([]);
    else if (type === RecordType.GET_VALUES_RESULT) this.#settle(new PairDecoder().decode(content));
    else return false;
    return true;
  }

  /** Never called: FCGI_END_REQUEST has the id of a request. */
  onEndRequest(_: EndRequestBody): void {}

  onError(error: Error): void {
    this.#answer.reject(error);
  }

  /** Names of an application are data: `__proto__` too. */
  #settle(pairs: readonly string[]): void {
    const values: Record<string, string> = Object.create(null);
    for (let i = 0; i < pairs.length; i += 2) values[pairs[i] as string] = pairs[i + 1] as string;
    this.#connection.answered();
    this.#answer.resolve(values);
  }
}
