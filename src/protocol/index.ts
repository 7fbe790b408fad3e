export { ProtocolError } from '../errors.ts';
export {
  type BeginRequestBody,
  decodeBeginRequest,
  decodeEndRequest,
  type EndRequestBody,
  encodeBeginRequest,
  encodeEndRequest,
  encodeUnknownType,
} from './bodies.ts';
export {
  FCGI_HEADER_LEN,
  FCGI_KEEP_CONN,
  FCGI_MAX_CONNS,
  FCGI_MAX_CONTENT_LEN,
  FCGI_MAX_REQS,
  FCGI_MPXS_CONNS,
  FCGI_NULL_REQUEST_ID,
  FCGI_VERSION_1,
  ProtocolStatus,
  RecordType,
  Role,
  recordTypeName,
} from './constants.ts';
export { encodePairs, PairDecoder } from './name-value-pairs.ts';
export { RecordReader, type RecordSink } from './record-reader.ts';
export { RecordWriter } from './record-writer.ts';
