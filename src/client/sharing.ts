import { FcgiError } from '../errors.ts';
import { FCGI_MAX_REQS, FCGI_MPXS_CONNS } from '../protocol/index.ts';
import type { Connection } from './connection.ts';
import { STANDARD_VALUES, ValuesQuestion } from './values.ts';

/** Milliseconds for an answer: some applications know no such question, and say nothing. */
const ANSWER_LIMIT = 5000;

/** What an application grants of multiplexing; nothing until it was asked. */
export class Sharing {
  /** Whether requests may share a connection (FCGI_MPXS_CONNS). */
  granted = false;
  /** Requests at the same time, on all connections together (FCGI_MAX_REQS). */
  maxRequests = Number.POSITIVE_INFINITY;
  #asked: Promise<void> | undefined;

  /**
   * Asks once. An application that gives no proper answer grants nothing.
   *
   * @param lend gives the connection to ask on, which is then free again
   * @param onRefusal takes the connection if it grants nothing: php-fpm closes it after the answer
   * @throws what `lend` throws; the next call asks anew
   */
  ask(lend: () => Promise<Connection>, onRefusal: (connection: Connection) => void): Promise<void> {
    this.#asked ??= this.#ask(lend, onRefusal).catch((error) => {
      this.#asked = undefined;
      throw error;
    });
    return this.#asked;
  }

  async #ask(
    lend: () => Promise<Connection>,
    onRefusal: (connection: Connection) => void,
  ): Promise<void> {
    const connection = await lend();
    const question = new ValuesQuestion(connection);
    const values = await question.ask(STANDARD_VALUES, ANSWER_LIMIT, undefined).catch(noValues);
    this.granted = values[FCGI_MPXS_CONNS] === '1';
    const limit = Number(values[FCGI_MAX_REQS]);
    if (!this.granted) onRefusal(connection);
    else if (limit >= 1) this.maxRequests = limit;
  }
}

/** @throws an error that says nothing about the application */
function noValues(error: unknown): Record<string, string> {
  if (error instanceof FcgiError && error.code !== 'ERR_FCGI_CLIENT_CLOSED') return {};
  throw error;
}
