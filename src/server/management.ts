import {
  encodePairs,
  encodeUnknownType,
  FCGI_MPXS_CONNS,
  FCGI_NULL_REQUEST_ID,
  PairDecoder,
  RecordType,
} from '../protocol/index.ts';
import type { Connection } from './connection.ts';
import { answerValues } from './values.ts';

/**
 * Answers a management record (FastCGI §4): FCGI_GET_VALUES with what is known of what was asked, any
 * other type with FCGI_UNKNOWN_TYPE.
 *
 * @throws {ProtocolError} `ERR_FCGI_NAME_VALUE_PAIR` if the names asked for are no name-value pairs
 */
export function answerManagement(connection: Connection, type: number, content: Buffer): void {
  const { output, server } = connection;
  if (type !== RecordType.GET_VALUES) {
    output.record(RecordType.UNKNOWN_TYPE, FCGI_NULL_REQUEST_ID, encodeUnknownType(type));
    return;
  }
  const { settings } = server;
  const asked = new PairDecoder().decode(content).filter((_, i) => i % 2 === 0);
  // Who asks whether it may multiplex is about to.
  if (asked.includes(FCGI_MPXS_CONNS) && settings.multiplex) connection.multiplexed = true;
  const answer = encodePairs(answerValues(settings, asked));
  output.record(RecordType.GET_VALUES_RESULT, FCGI_NULL_REQUEST_ID, answer);
}
