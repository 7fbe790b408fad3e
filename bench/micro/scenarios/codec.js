import { fastcgiRequest, httpRequest, nginxParams, pairs, record } from '../../support/requests.js';
import { check } from '../check.js';
import { createHttpParser } from './http-parser.js';

const STDIN = 5;
const STDOUT = 6;
const END_REQUEST = 3;

/** Params and request heads in one run. */
const BLOCKS = 100;
const RECORDS = 200;

const WARM_UP = 1;

const params = nginxParams({});

/** @type {import('../scenario.js').Scenario} */
const recordsRead = {
  name: 'records-read',
  says: 'RecordReader: records of 64 bytes',
  unit: 'record',
  operations: RECORDS,
  warmUp: WARM_UP,
  ours: ({ protocol }) => {
    let records = 0;
    const reader = new protocol.RecordReader(() => {
      records += 1;
    });
    const chunk = Buffer.concat(Array(RECORDS).fill(record(STDIN, Buffer.alloc(64))));
    reader.push(chunk);
    check(records === RECORDS, 'each record is read');
    return () => reader.push(chunk);
  },
};

/** @type {import('../scenario.js').Scenario} */
const recordsWritten = {
  name: 'records-written',
  says: 'RecordWriter: answers of 3 records, each taken at once',
  unit: 'record',
  operations: 3 * BLOCKS,
  warmUp: WARM_UP,
  ours: ({ protocol }) => {
    const end = protocol.encodeEndRequest({ appStatus: 0, protocolStatus: 0 });
    const content = `Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n${'x'.repeat(100)}`;
    const writer = new protocol.RecordWriter();
    const answer = () => {
      writer.stream(STDOUT, 1, content, 'latin1');
      writer.endStream(STDOUT, 1);
      writer.record(END_REQUEST, 1, end);
      return writer.take();
    };
    check(Buffer.concat(answer()).length === 8 * 4 + content.length, 'three records are written');
    return () => {
      for (let i = 0; i < BLOCKS; i++) answer();
    };
  },
};

/**
 * @param {string} name
 * @param {string} says
 * @param {readonly (readonly (readonly [string, string])[])[]} requests whose params come in turn
 * @returns {import('../scenario.js').Scenario}
 */
function paramsDecoded(name, says, requests) {
  const perTurn = requests.reduce((sum, { length }) => sum + length, 0);
  return {
    name,
    says,
    unit: 'param',
    operations: BLOCKS * perTurn,
    warmUp: WARM_UP,
    ours: ({ protocol }) => {
      const decoder = new protocol.PairDecoder();
      const blocks = requests.map(pairs);
      for (const [i, block] of blocks.entries()) {
        const decoded = decoder.decode(block);
        check(String(decoded) === String(requests[i]), 'each param is decoded');
      }
      return () => {
        for (let i = 0; i < BLOCKS; i++) for (const block of blocks) decoder.decode(block);
      };
    },
  };
}

/** @type {import('../scenario.js').Scenario} */
const paramsEncoded = {
  name: 'params-encoded',
  says: "encodePairs: nginx's 20 params",
  unit: 'param',
  operations: BLOCKS * params.length,
  warmUp: WARM_UP,
  ours: ({ protocol }) => {
    const flat = params.flat();
    check(protocol.encodePairs(flat).equals(pairs(params)), 'each param is encoded');
    return () => {
      for (let i = 0; i < BLOCKS; i++) protocol.encodePairs(flat);
    };
  },
};

/** @type {import('../scenario.js').Scenario} */
const head = {
  name: 'request-head',
  says: "one request's bytes to names and values, beside Node's parser",
  unit: 'request',
  operations: BLOCKS,
  warmUp: WARM_UP,
  ours: ({ protocol }) => {
    const { PARAMS } = protocol.RecordType;
    const decoder = new protocol.PairDecoder();
    /** @type {readonly string[]} */
    let decoded = [];
    const reader = new protocol.RecordReader((type, _id, content) => {
      if (type === PARAMS && content.length > 0) decoded = decoder.decode(content);
    });
    const bytes = Buffer.concat(fastcgiRequest({}));
    reader.push(bytes);
    check(String(decoded) === String(params), 'each param is decoded');
    return () => {
      for (let i = 0; i < BLOCKS; i++) reader.push(bytes);
    };
  },
  node: () => {
    const parse = createHttpParser();
    const bytes = Buffer.concat(httpRequest({}));
    check(String(parse(bytes)) === 'Host,app.example.org', 'each header is parsed');
    return () => {
      for (let i = 0; i < BLOCKS; i++) parse(bytes);
    };
  },
};

/** Names in another order, as from a second site of the same web server. */
const other = params.toReversed();

export const codecScenarios = [
  recordsRead,
  recordsWritten,
  paramsDecoded('params-decoded', "PairDecoder: nginx's 20 params, the same each time", [params]),
  paramsDecoded('params-changing', 'PairDecoder: names that differ from request to request', [
    params,
    other,
  ]),
  paramsEncoded,
  head,
];
