import * as protocol from '../../src/protocol/index.ts';

test('has the numbers of the specification (FastCGI §8)', () => {
  expect(protocol.RecordType).toEqual({
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
  });
  expect(protocol.Role).toEqual({ RESPONDER: 1, AUTHORIZER: 2, FILTER: 3 });
  expect(protocol.ProtocolStatus).toEqual({
    REQUEST_COMPLETE: 0,
    CANT_MPX_CONN: 1,
    OVERLOADED: 2,
    UNKNOWN_ROLE: 3,
  });
  expect(protocol).toMatchObject({
    FCGI_VERSION_1: 1,
    FCGI_HEADER_LEN: 8,
    FCGI_MAX_CONTENT_LEN: 65_535,
    FCGI_NULL_REQUEST_ID: 0,
    FCGI_KEEP_CONN: 1,
    FCGI_MAX_CONNS: 'FCGI_MAX_CONNS',
    FCGI_MAX_REQS: 'FCGI_MAX_REQS',
    FCGI_MPXS_CONNS: 'FCGI_MPXS_CONNS',
  });
});

test.each([
  [1, 'FCGI_BEGIN_REQUEST'],
  [2, 'FCGI_ABORT_REQUEST'],
  [3, 'FCGI_END_REQUEST'],
  [4, 'FCGI_PARAMS'],
  [5, 'FCGI_STDIN'],
  [6, 'FCGI_STDOUT'],
  [7, 'FCGI_STDERR'],
  [8, 'FCGI_DATA'],
  [9, 'FCGI_GET_VALUES'],
  [10, 'FCGI_GET_VALUES_RESULT'],
  [11, 'FCGI_UNKNOWN_TYPE'],
  [0, 'type 0'],
  [12, 'type 12'],
  [255, 'type 255'],
])('names the record type %d %s', (type, name) => {
  expect(protocol.recordTypeName(type)).toBe(name);
});

test('fcgi/protocol publishes what reads and writes the wire, and no more', () => {
  expect(Object.keys(protocol).sort()).toEqual([
    'FCGI_HEADER_LEN',
    'FCGI_KEEP_CONN',
    'FCGI_MAX_CONNS',
    'FCGI_MAX_CONTENT_LEN',
    'FCGI_MAX_REQS',
    'FCGI_MPXS_CONNS',
    'FCGI_NULL_REQUEST_ID',
    'FCGI_VERSION_1',
    'PairDecoder',
    'ProtocolError',
    'ProtocolStatus',
    'RecordReader',
    'RecordType',
    'RecordWriter',
    'Role',
    'decodeBeginRequest',
    'decodeEndRequest',
    'encodeBeginRequest',
    'encodeEndRequest',
    'encodePairs',
    'encodeUnknownType',
    'recordTypeName',
  ]);
});
