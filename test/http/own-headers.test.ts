import { IncomingMessage, ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { ownHeaders, setOwnHeader } from '../../src/http/own-headers.ts';

setFlagsFromString('--allow-natives-syntax');
const isKeptByShape = new Function('object', 'return %HasFastProperties(object)');

function response() {
  return new ServerResponse(new IncomingMessage(null as never));
}

test('headers are kept by the shape of their object, which Node does not do', () => {
  const ours = response();
  setOwnHeader.call(ours, 'Content-Type', 'text/plain');
  setOwnHeader.call(ours, 'X-A', '1');
  expect(isKeptByShape(ownHeaders(ours))).toBe(true);
  const node = response().setHeader('Content-Type', 'text/plain');
  expect(isKeptByShape(ownHeaders(node))).toBe(false);
});

test('a response has no headers of its own until one was set', () => {
  const res = response();
  expect(ownHeaders(res)).toBeNull();
  expect(() => setOwnHeader.call(res, 'X A', '1')).toThrow();
  expect(ownHeaders(res)).toBeNull();
  setOwnHeader.call(res, 'X-A', '1');
  expect(Object.entries(ownHeaders(res) ?? {})).toEqual([['x-a', ['X-A', '1']]]);
  expect(Object.getPrototypeOf(Object.getPrototypeOf(ownHeaders(res)))).toBeNull();
});
