import { expectTypeOf } from 'expect-type';
import * as protocol from '../../src/protocol/index.ts';

/* Never run: `npm run types` compiles it. */

const bytes = Buffer.alloc(8);

// The numbers of the specification are literal types.
expectTypeOf(protocol.RecordType.BEGIN_REQUEST).toEqualTypeOf<1>();
expectTypeOf(protocol.RecordType.UNKNOWN_TYPE).toEqualTypeOf<11>();
expectTypeOf<protocol.RecordType>().toEqualTypeOf<1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11>();
expectTypeOf<protocol.Role>().toEqualTypeOf<1 | 2 | 3>();
expectTypeOf<protocol.ProtocolStatus>().toEqualTypeOf<0 | 1 | 2 | 3>();
expectTypeOf(protocol.Role.FILTER).toEqualTypeOf<3>();
expectTypeOf(protocol.ProtocolStatus.OVERLOADED).toEqualTypeOf<2>();
expectTypeOf<typeof protocol.FCGI_VERSION_1>().toEqualTypeOf<1>();
expectTypeOf<typeof protocol.FCGI_HEADER_LEN>().toEqualTypeOf<8>();
expectTypeOf<typeof protocol.FCGI_MAX_CONTENT_LEN>().toEqualTypeOf<65535>();
expectTypeOf<typeof protocol.FCGI_NULL_REQUEST_ID>().toEqualTypeOf<0>();
expectTypeOf<typeof protocol.FCGI_KEEP_CONN>().toEqualTypeOf<1>();
expectTypeOf<typeof protocol.FCGI_MPXS_CONNS>().toEqualTypeOf<'FCGI_MPXS_CONNS'>();
expectTypeOf(protocol.recordTypeName(42)).toEqualTypeOf<string>();

// @ts-expect-error no record has this type
protocol.RecordType.NOTHING;
// @ts-expect-error constants do not change
protocol.RecordType.STDIN = 6;
// @ts-expect-error 4 is no role
const role: protocol.Role = 4;
void role;

// Bodies
expectTypeOf(protocol.decodeBeginRequest(bytes)).toEqualTypeOf<protocol.BeginRequestBody>();
expectTypeOf(protocol.decodeEndRequest(bytes)).toEqualTypeOf<protocol.EndRequestBody>();
expectTypeOf<protocol.BeginRequestBody>().toEqualTypeOf<{
  readonly role: number;
  readonly keepConnection: boolean;
}>();
expectTypeOf<protocol.EndRequestBody>().toEqualTypeOf<{
  readonly appStatus: number;
  readonly protocolStatus: number;
}>();
expectTypeOf(protocol.encodeBeginRequest({ role: 1, keepConnection: true })).toExtend<Buffer>();
expectTypeOf(protocol.encodeEndRequest({ appStatus: 0, protocolStatus: 0 })).toExtend<Buffer>();
expectTypeOf(protocol.encodeUnknownType(42)).toExtend<Buffer>();
expectTypeOf(protocol.encodeUnknownType(42)).not.toBeAny();

// @ts-expect-error the flag is missing
protocol.encodeBeginRequest({ role: 1 });
// @ts-expect-error a number
protocol.encodeEndRequest({ appStatus: '0', protocolStatus: 0 });
// @ts-expect-error a string is no content
protocol.decodeBeginRequest('12345678');

// Name-value pairs
expectTypeOf(protocol.encodePairs(['A', '1'])).toExtend<Buffer>();
expectTypeOf(protocol.encodePairs(['A', '1'] as const, 'utf8')).toExtend<Buffer>();
expectTypeOf(new protocol.PairDecoder().decode(bytes)).toEqualTypeOf<string[]>();

// @ts-expect-error names and values in turn, no object
protocol.encodePairs({ A: '1' });
// @ts-expect-error no encoding has this name
protocol.encodePairs(['A', '1'], 'utf-9');
// @ts-expect-error bytes
new protocol.PairDecoder().decode('\u0001\u0001A1');

// Reader
const reader = new protocol.RecordReader((type, requestId, content) => {
  expectTypeOf(type).toEqualTypeOf<number>();
  expectTypeOf(requestId).toEqualTypeOf<number>();
  expectTypeOf(content).toEqualTypeOf<Buffer>();
});
expectTypeOf(reader.push(bytes)).toBeVoid();
expectTypeOf(reader.end()).toBeVoid();
expectTypeOf(reader.insideRecord).toEqualTypeOf<boolean>();
expectTypeOf<protocol.RecordSink>().parameters.toEqualTypeOf<
  [type: number, requestId: number, content: Buffer]
>();

// @ts-expect-error a reader needs a sink
new protocol.RecordReader();
// @ts-expect-error bytes
reader.push('text');
// @ts-expect-error it tells, it is not told
reader.insideRecord = false;

// Writer
const writer = new protocol.RecordWriter();
expectTypeOf(writer.stream(6, 1, 'text')).toEqualTypeOf<number>();
expectTypeOf(writer.stream(6, 1, 'text', 'latin1')).toEqualTypeOf<number>();
expectTypeOf(writer.stream(6, 1, new Uint8Array())).toEqualTypeOf<number>();
expectTypeOf(writer.record(3, 1, bytes)).toBeVoid();
expectTypeOf(writer.endStream(6, 1)).toBeVoid();
expectTypeOf(writer.take()).toEqualTypeOf<Buffer[]>();
expectTypeOf(writer.length).toEqualTypeOf<number>();

// @ts-expect-error no encoding has this name
writer.stream(6, 1, 'text', 'utf-9');
// @ts-expect-error a record's content is bytes
writer.record(3, 1, 'text');
// @ts-expect-error content is bytes or a string
writer.stream(6, 1, { text: 'text' });
// @ts-expect-error it tells, it is not told
writer.length = 0;
