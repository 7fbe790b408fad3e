import {
  decodeBeginRequest,
  decodeEndRequest,
  encodeBeginRequest,
  encodeEndRequest,
  encodeUnknownType,
  ProtocolStatus,
  Role,
} from '../../src/protocol/index.ts';

describe('FCGI_BEGIN_REQUEST', () => {
  test.each([
    [Role.RESPONDER, true, [0, 1, 1, 0, 0, 0, 0, 0]],
    [Role.RESPONDER, false, [0, 1, 0, 0, 0, 0, 0, 0]],
    [Role.AUTHORIZER, false, [0, 2, 0, 0, 0, 0, 0, 0]],
    [Role.FILTER, true, [0, 3, 1, 0, 0, 0, 0, 0]],
    [0, false, [0, 0, 0, 0, 0, 0, 0, 0]],
    [258, true, [1, 2, 1, 0, 0, 0, 0, 0]],
    [65_535, false, [255, 255, 0, 0, 0, 0, 0, 0]],
  ])('of role %d that keeps the connection: %s', (role, keepConnection, bytes) => {
    expect([...encodeBeginRequest({ role, keepConnection })]).toEqual(bytes);
    expect(decodeBeginRequest(Buffer.from(bytes))).toEqual({ role, keepConnection });
  });

  test.each([
    [Buffer.alloc(1), 0, 'ERR_BUFFER_OUT_OF_BOUNDS'],
    [Buffer.alloc(8), 7, 'ERR_OUT_OF_RANGE'],
  ])('that is too short is refused', (body, at, code) => {
    expect(() => decodeBeginRequest(body, at)).toThrow(expect.objectContaining({ code }));
  });

  test('keeps the connection if the lowest bit of its flags says so, whatever the others say', () => {
    for (let flags = 0; flags < 256; flags++) {
      const { keepConnection } = decodeBeginRequest(Buffer.of(0, 1, flags, 0, 0, 0, 0, 0));
      expect([flags, keepConnection]).toEqual([flags, flags % 2 === 1]);
    }
  });

  test('may hold anything in its reserved bytes', () => {
    expect(decodeBeginRequest(Buffer.of(0, 3, 1, 9, 9, 9, 9, 9))).toEqual({
      role: Role.FILTER,
      keepConnection: true,
    });
  });

  test('has no role that is longer than two bytes', () => {
    expect(() => encodeBeginRequest({ role: 65_536, keepConnection: true })).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }),
    );
  });
});

describe('FCGI_END_REQUEST', () => {
  test.each([
    [0, ProtocolStatus.REQUEST_COMPLETE, [0, 0, 0, 0, 0, 0, 0, 0]],
    [938, ProtocolStatus.REQUEST_COMPLETE, [0, 0, 3, 170, 0, 0, 0, 0]],
    [1, ProtocolStatus.CANT_MPX_CONN, [0, 0, 0, 1, 1, 0, 0, 0]],
    [0, ProtocolStatus.OVERLOADED, [0, 0, 0, 0, 2, 0, 0, 0]],
    [0x01020304, ProtocolStatus.UNKNOWN_ROLE, [1, 2, 3, 4, 3, 0, 0, 0]],
    [0xffffffff, 255, [255, 255, 255, 255, 255, 0, 0, 0]],
  ])('of appStatus %d and protocolStatus %d', (appStatus, protocolStatus, bytes) => {
    expect([...encodeEndRequest({ appStatus, protocolStatus })]).toEqual(bytes);
    expect(decodeEndRequest(Buffer.from(bytes))).toEqual({ appStatus, protocolStatus });
  });

  test('may hold anything in its reserved bytes', () => {
    expect(decodeEndRequest(Buffer.of(0, 0, 0, 7, 2, 9, 9, 9))).toEqual({
      appStatus: 7,
      protocolStatus: 2,
    });
  });

  test.each([-1, 2 ** 32])('has no appStatus of %d', (appStatus) => {
    expect(() => encodeEndRequest({ appStatus, protocolStatus: 0 })).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }),
    );
  });
});

test.each([0, 12, 42, 255])('FCGI_UNKNOWN_TYPE of type %d', (type) => {
  expect([...encodeUnknownType(type)]).toEqual([type, 0, 0, 0, 0, 0, 0, 0]);
});
