import type { ServerResponse } from 'node:http';
import { listenForFinish } from '../../src/http/finish-listener.ts';
import { isKeptByShape, plainResponse } from './plain-response.ts';

let calls: unknown[];
const listener = function (this: ServerResponse) {
  calls.push(['ours', this]);
};
const other = () => calls.push('other');

beforeEach(() => {
  calls = [];
});

/** What can be seen of the listeners from outside. */
function seen(res: ServerResponse) {
  return {
    names: res.eventNames(),
    finish: res.listeners('finish'),
    raw: res.rawListeners('finish'),
    count: res.listenerCount('finish'),
    other: res.listeners('toString'),
  };
}

test.each([
  ['nothing else', () => {}],
  ['another listener, added later', (res: ServerResponse) => res.on('finish', other)],
  [
    'another listener, added before it',
    (res: ServerResponse) => res.prependListener('finish', other),
  ],
  ['a listener of another event', (res: ServerResponse) => res.once('close', other)],
  ['the listener removed', (res: ServerResponse) => res.off('finish', listener)],
  ['all listeners removed', (res: ServerResponse) => res.removeAllListeners()],
  [
    'one removed and one added',
    (res: ServerResponse) => res.off('finish', listener).on('finish', other).on('__proto__', other),
  ],
])('is what on() does: %s', (_, change) => {
  const [expected, received] = [
    (res: ServerResponse) => res.on('finish', listener),
    listenForFinish,
  ];
  const outcomes = [expected, received].map((listen) => {
    calls = [];
    const res = plainResponse();
    listen(res, listener);
    change(res);
    const before = seen(res);
    const had = res.emit('finish');
    return {
      before,
      had,
      calls: calls.map((call) => (Array.isArray(call) ? call[1] === res : call)),
    };
  });
  expect(outcomes[1]).toEqual(outcomes[0]);
});

test('the listeners are kept by the shape of their object, which Node does not do', () => {
  const ours = plainResponse();
  listenForFinish(ours, listener);
  expect(isKeptByShape(Reflect.get(ours, '_events'))).toBe(true);
  const node = plainResponse().on('finish', listener);
  expect(isKeptByShape(Reflect.get(node, '_events'))).toBe(false);
});

test('comes after listeners that the response was born with', () => {
  const res = plainResponse();
  res.on('finish', other);
  listenForFinish(res, listener);
  res.emit('finish');
  expect(calls).toEqual(['other', ['ours', res]]);
});
