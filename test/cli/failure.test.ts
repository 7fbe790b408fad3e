import { exitCodeOf, Failure, messageOf } from '../../src/cli/failure.ts';
import { FcgiError, ProtocolError } from '../../src/errors.ts';

test.each([
  ['of the command itself', new Failure(23, 'x'), 23],
  ['of the protocol', new ProtocolError('ERR_FCGI_TRUNCATED', 'x'), 8],
  ['of a connection that is refused', new FcgiError('ERR_FCGI_CONNECT', 'x'), 7],
  ['of one that is not made in time', new FcgiError('ERR_FCGI_CONNECT', 'x', { limit: 5 }), 28],
  ['of a request that is refused', new FcgiError('ERR_FCGI_REQUEST_REFUSED', 'x'), 1],
  ['of an argument', Object.assign(new TypeError('x'), { code: 'ERR_INVALID_ARG_VALUE' }), 2],
  ['of a range', Object.assign(new RangeError('x'), { code: 'ERR_OUT_OF_RANGE' }), 2],
  ['of anything else', new Error('x'), 1],
  ['of what is no error', undefined, 1],
])('the exit code %s is that of its cause', (_, error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});

test.each([
  [new Error('two\n  lines\n'), 'two lines'],
  [new TypeError(), 'TypeError'],
  ['a text', "'a text'"],
  [new Error('a\tb\x1b[2J\x9b'), 'a\tb\\x1b[2J\\x9b'],
])('%p is told in one line', (error, line) => {
  expect(messageOf(error)).toBe(line);
});
