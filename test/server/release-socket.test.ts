import fs from 'node:fs';
import { releaseSocket } from '../../src/server/release-socket.ts';

test.each([
  [0, [0]],
  [3, []],
  [undefined, []],
])('of descriptor %p closes %j, which Node does not', (fd, expected) => {
  const closed: number[] = [];
  const opened: unknown[] = [];
  jest.spyOn(fs, 'closeSync').mockImplementation((each) => void closed.push(each));
  jest.spyOn(fs, 'openSync').mockImplementation((path) => opened.push(path));
  releaseSocket(fd);
  jest.restoreAllMocks();
  // Something takes the number of the standard input at once.
  expect([closed, opened.length]).toEqual([expected, expected.length]);
});
