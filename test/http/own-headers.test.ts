import { ownHeaders, setOwnHeader } from '../../src/http/own-headers.ts';
import { isKeptByShape, plainResponse } from './plain-response.ts';

test('headers are kept by the shape of their object, which Node does not do', () => {
  const ours = plainResponse();
  setOwnHeader.call(ours, 'Content-Type', 'text/plain');
  setOwnHeader.call(ours, 'X-A', '1');
  expect(isKeptByShape(ownHeaders(ours))).toBe(true);
  const node = plainResponse().setHeader('Content-Type', 'text/plain');
  expect(isKeptByShape(ownHeaders(node))).toBe(false);
});

test('a response has no headers of its own until one was set', () => {
  const res = plainResponse();
  expect(ownHeaders(res)).toBeNull();
  expect(() => setOwnHeader.call(res, 'X A', '1')).toThrow();
  expect(ownHeaders(res)).toBeNull();
  setOwnHeader.call(res, 'X-A', '1');
  expect(Object.entries(ownHeaders(res) ?? {})).toEqual([['x-a', ['X-A', '1']]]);
  expect(Object.getPrototypeOf(Object.getPrototypeOf(ownHeaders(res)))).toBeNull();
});
