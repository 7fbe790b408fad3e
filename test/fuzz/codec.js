import assert from 'node:assert/strict';
import { PairDecoder, ProtocolError, RecordReader } from '../../dist/protocol/index.js';

const STREAMS = new Set([4, 5, 6, 7, 8]);

/** The codec alone: any chunks of any bytes tell the same, or throw the same ProtocolError. */
export function checkCodec(chunks) {
  const inChunks = outcome(chunks);
  const atOnce = outcome([Buffer.concat(chunks)]);
  assert.deepEqual(inChunks, atOnce);
  for (const [, type, content] of atOnce.records) {
    if (type === 4 || type === 9) decodePairs(Buffer.from(content, 'latin1'));
  }
}

function outcome(chunks) {
  const records = [];
  const reader = new RecordReader((type, id, content) => {
    const last = records.at(-1);
    const text = content.toString('latin1');
    const joins = last?.[0] === id && last[1] === type && last[2] !== '' && text !== '';
    if (joins && STREAMS.has(type)) last[2] += text;
    else records.push([id, type, text]);
  });
  const code = protocolCode(() => {
    for (const chunk of chunks) reader.push(chunk);
    reader.end();
  });
  return { records, code };
}

function decodePairs(block) {
  const decoder = new PairDecoder();
  const code = protocolCode(() => {
    const texts = decoder.decode(block);
    assert.ok(texts.join('').length + texts.length <= block.length);
  });
  assert.ok(code === undefined || code === 'ERR_FCGI_NAME_VALUE_PAIR');
}

function protocolCode(action) {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
}
