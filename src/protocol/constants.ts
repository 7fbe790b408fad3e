/** FCGI_VERSION_1: the only version there is (FastCGI §8). */
export const FCGI_VERSION_1 = 1;

/** Bytes of a record's header (FastCGI §3.3). */
export const FCGI_HEADER_LEN = 8;

/** Bytes of content that one record can carry: `contentLength` has 16 bits (FastCGI §3.3). */
export const FCGI_MAX_CONTENT_LEN = 0xffff;

/** The request id of management records (FastCGI §3.3). */
export const FCGI_NULL_REQUEST_ID = 0;

/** Flag of FCGI_BEGIN_REQUEST: the application leaves the connection open (FastCGI §5.1). */
export const FCGI_KEEP_CONN = 1;

/** Record types (FastCGI §8). */
export const RecordType = {
  BEGIN_REQUEST: 1,
  ABORT_REQUEST: 2,
  END_REQUEST: 3,
  PARAMS: 4,
  STDIN: 5,
  STDOUT: 6,
  STDERR: 7,
  DATA: 8,
  GET_VALUES: 9,
  GET_VALUES_RESULT: 10,
  UNKNOWN_TYPE: 11,
} as const;
export type RecordType = (typeof RecordType)[keyof typeof RecordType];

/** Roles of an application (FastCGI §6). */
export const Role = { RESPONDER: 1, AUTHORIZER: 2, FILTER: 3 } as const;
export type Role = (typeof Role)[keyof typeof Role];

/** The `protocolStatus` of FCGI_END_REQUEST (FastCGI §5.5). */
export const ProtocolStatus = {
  REQUEST_COMPLETE: 0,
  CANT_MPX_CONN: 1,
  OVERLOADED: 2,
  UNKNOWN_ROLE: 3,
} as const;
export type ProtocolStatus = (typeof ProtocolStatus)[keyof typeof ProtocolStatus];

/** Names that FCGI_GET_VALUES may ask for (FastCGI §4.1). */
export const FCGI_MAX_CONNS = 'FCGI_MAX_CONNS';
export const FCGI_MAX_REQS = 'FCGI_MAX_REQS';
export const FCGI_MPXS_CONNS = 'FCGI_MPXS_CONNS';

const typeNames = new Map<number, string>(
  Object.entries(RecordType).map(([name, type]) => [type, `FCGI_${name}`]),
);

/** The specification's name of a record type: `FCGI_PARAMS`, or `type 42` for one it does not know. */
export function recordTypeName(type: number): string {
  return typeNames.get(type) ?? `type ${type}`;
}
