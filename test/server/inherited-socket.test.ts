import fs from 'node:fs';
import { inheritedSocket } from '../../src/server/inherited-socket.ts';

/** Lets the descriptors of this set be sockets, and no other open. */
function withSockets(...sockets: number[]): void {
  jest.spyOn(fs, 'fstatSync').mockImplementation(((fd: number) => {
    if (sockets.includes(fd)) return { isSocket: () => true };
    if (fd === 0) return { isSocket: () => false };
    throw Object.assign(new Error('bad file descriptor'), { code: 'EBADF' });
  }) as never);
}

afterEach(() => jest.restoreAllMocks());

test.each<[string, NodeJS.ProcessEnv, number]>([
  ['no variables', {}, 0],
  ['LISTEN_FDS for this process', { LISTEN_FDS: '1', LISTEN_PID: '42' }, 3],
  ['two LISTEN_FDS for this process', { LISTEN_FDS: '2', LISTEN_PID: '42' }, 3],
  ['LISTEN_FDS for another process', { LISTEN_FDS: '1', LISTEN_PID: '41' }, 0],
  ['LISTEN_FDS without LISTEN_PID', { LISTEN_FDS: '1' }, 0],
  ['LISTEN_FDS of 0', { LISTEN_FDS: '0', LISTEN_PID: '42' }, 0],
])('with %s takes file descriptor %#', (_name, environment, fd) => {
  withSockets(0, 3);
  expect(inheritedSocket(environment, 42)).toBe(fd);
});

test.each<[string, NodeJS.ProcessEnv, number]>([
  ['a descriptor that is no socket', {}, 0],
  ['a descriptor that is not open', { LISTEN_FDS: '1', LISTEN_PID: '42' }, 3],
])('refuses %s with ERR_FCGI_NO_LISTEN_SOCKET', (_name, environment, fd) => {
  withSockets();
  expect(() => inheritedSocket(environment, 42)).toThrow(
    expect.objectContaining({
      name: 'FcgiError',
      code: 'ERR_FCGI_NO_LISTEN_SOCKET',
      message: expect.stringContaining(`File descriptor ${fd} `),
    }),
  );
});
