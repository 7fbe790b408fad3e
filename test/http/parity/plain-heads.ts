import type { ServerResponse } from 'node:http';
import type { Note } from './log.ts';
import { answer } from './plain.ts';
import type { Case } from './table.ts';

/** Not in the types of Node. */
interface RawNames {
  getRawHeaderNames(): string[];
}

/** Calls which are refused with an error, whose code is noted. */
function refusals(note: Note, calls: Record<string, () => unknown>): void {
  for (const [label, call] of Object.entries(calls)) {
    try {
      call();
      note(label, 'allowed');
    } catch (error) {
      note(label, error);
    }
  }
}

/** Status lines and headers. */
export const heads: readonly Case[] = [
  answer('setHeader() keeps the case and the order of names', (res) => {
    res.setHeader('x-lower', 'a');
    res.setHeader('X-Upper', 'b');
    res.setHeader('X-NUMBER', 7);
    res.setHeader('x-lower', 'again');
    res.end();
  }),
  answer('several values become several lines', (res) => {
    res.setHeader('Set-Cookie', ['a=1', 'b=2; Path=/']);
    res.setHeader('X-Many', ['1', '2']);
    res.setHeader('Link', ['<a>', '<b>']);
    res.end();
  }),
  answer('appendHeader() adds a line', (res) => {
    res.setHeader('Set-Cookie', 'a=1');
    res.appendHeader('Set-Cookie', 'b=2');
    res.appendHeader('X-New', ['1', '2']);
    res.end();
  }),
  answer('setHeaders() takes Headers and Map', (res) => {
    res.setHeaders(new Headers({ 'X-A': '1' }));
    res.setHeaders(new Map([['X-B', '2']]));
    res.end();
  }),
  answer('writeHead() takes an object', (res) => {
    res.writeHead(201, { 'Content-Type': 'text/plain', 'X-List': ['a', 'b'] });
    res.end('made');
  }),
  answer('writeHead() takes a reason phrase', (res) => {
    res.writeHead(200, 'Very Well', { 'X-A': 1 }).end();
  }),
  answer('writeHead() takes a flat array', (res) => {
    res.writeHead(200, ['X-A', '1', 'x-b', '2', 'X-A', '3']);
    res.end('x');
  }),
  answer('writeHead() takes an array of pairs', (res) => {
    res.writeHead(200, [
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
    ] as never);
    res.end('x');
  }),
  answer('writeHead() overrides what setHeader() set', (res) => {
    res.setHeader('X-A', 'set');
    res.setHeader('X-B', 'set');
    res.writeHead(200, { 'x-a': 'head', 'X-C': 'head' });
    res.end();
  }),
  answer('writeHead() with an array is merged with setHeader()', (res) => {
    res.setHeader('X-A', 'set');
    res.writeHead(200, ['X-A', '1', 'X-A', '2', 'X-B', '3']);
    res.end();
  }),
  answer('an implicit head has the status that was set', (res) => {
    res.statusCode = 418;
    res.write('tea');
    res.end();
  }),
  answer('statusMessage becomes the reason phrase', (res) => {
    res.statusCode = 404;
    res.statusMessage = 'Gone Fishing';
    res.end();
  }),
  answer('a reason phrase may have latin1 bytes', (res) => {
    res.writeHead(200, 'Trés Bien').end();
  }),
  ...[299, 599, 999].map((status) =>
    answer(`status ${status} gets the reason phrase of http`, (res) => {
      res.statusCode = status;
      res.end();
    }),
  ),
  answer('values are sent as latin1', (res) => {
    res.setHeader('X-Latin', 'caf\u00e9 \u00ff');
    res.end('x');
  }),
  answer('an empty value is sent', (res) => {
    res.setHeader('X-Empty', '');
    res.end();
  }),
  answer('Content-Disposition is sent as it is set', (res) => {
    res.setHeader('Content-Disposition', 'attachment; filename="\u00e9.txt"');
    res.end('x');
  }),
  answer('removeHeader() removes a header', (res) => {
    res.setHeader('X-A', '1');
    res.setHeader('X-B', '2');
    res.removeHeader('x-a');
    res.end();
  }),
  answer('removeHeader("date") leaves Date out', (res) => {
    res.removeHeader('date');
    res.end();
  }),
  answer('sendDate = false leaves Date out', (res) => {
    res.sendDate = false;
    res.end();
  }),
  answer('a Date set by hand is kept', (res) => {
    res.setHeader('Date', 'once upon a time');
    res.end();
  }),
  answer('removeHeader("content-length") keeps it away', (res) => {
    res.removeHeader('content-length');
    res.end('x');
  }),
  answer('getHeader(), getHeaders() and hasHeader() tell what was set', (res, note) => {
    res.setHeader('X-A', ['1', '2']);
    res.setHeader('x-b', 3);
    note('all', [
      res.getHeaderNames(),
      res.getHeaders(),
      res.getHeader('x-a'),
      res.hasHeader('X-B'),
    ]);
    note('raw', (res as unknown as RawNames).getRawHeaderNames());
    note('none', [res.hasHeader('connection'), res.hasHeader('transfer-encoding')]);
    res.end();
    note('after', res.getHeaders());
  }),
  answer('a header may have a name that objects have, or a number', (res, note) => {
    for (const name of ['b', 'constructor', '__proto__', '2', 'toString', '1']) {
      note('before', [res.hasHeader(name), res.getHeader(name)]);
      res.setHeader(name, `value of ${name}`);
    }
    res.removeHeader('b');
    note('names', res.getHeaderNames());
    note('all', Object.entries(res.getHeaders()));
    note('none', [res.hasHeader('valueOf'), res.getHeader('hasOwnProperty')]);
    res.end();
  }),
  answer('a hundred headers can be set', (res, note) => {
    for (let i = 0; i < 100; i++) res.setHeader(`X-${i}`, i);
    for (let i = 0; i < 100; i += 3) res.removeHeader(`x-${i}`);
    note('names', res.getHeaderNames());
    res.end();
  }),
  answer('what setHeader() refuses leaves nothing behind', (res, note) => {
    refusals(note, {
      name: () => res.setHeader('X A', 'a'),
      value: () => res.setHeader('X-A', 'a\n'),
      none: () => res.setHeader('X-A', undefined as never),
    });
    note('all', res.getHeaders());
    // With headers of its own the response would keep one X-A only.
    res.writeHead(200, ['X-A', '1', 'X-A', '2']);
    refusals(note, { late: () => res.setHeader('X-B', 'late') });
    note('all', res.getHeaders());
    res.end();
  }),
  answer('setHeader() returns the response', (res, note) => {
    note('same', res.setHeader('X-A', '1') === res);
    res.setHeader('X-B', '2').setHeader('X-C', '3').end();
  }),
  answer('a setHeader() that another prototype brings is called', (res, note) => {
    const inherited: ServerResponse = Object.getPrototypeOf(res);
    const setHeader: ServerResponse['setHeader'] = function (this: ServerResponse, name, value) {
      note('call', name);
      return inherited.setHeader.call(this, `${name}-2`, value);
    };
    Object.setPrototypeOf(res, Object.create(inherited, { setHeader: { value: setHeader } }));
    res.setHeader('X-A', '1');
    res.setHeader('X-B', '2');
    res.end();
  }),
  answer('a setHeader() that wraps that of the response is called', (res, note) => {
    const { setHeader } = res;
    res.setHeader = function (name, value) {
      note('call', name);
      return setHeader.call(this, `${name}-2`, value);
    };
    res.setHeader('X-A', '1');
    res.writeHead(200, { 'X-B': '2' }).end();
  }),
  answer('what inherits from the response sets headers of its own', (res, note) => {
    const derived: ServerResponse = Object.create(res);
    derived.setHeader('X-A', '1').setHeader('X-B', '2');
    note('derived', derived.getHeaders());
    note('all', res.getHeaders());
    res.end();
  }),
  answer('Transfer-Encoding set by hand is left out', (res) => {
    res.setHeader('Transfer-Encoding', 'chunked');
    res.write('body');
    res.end();
  }),
  answer(
    'Transfer-Encoding set by hand does not keep Content-Length away',
    (res) => {
      res.setHeader('Transfer-Encoding', 'chunked');
      res.end('body');
    },
    { differs: ['response-length'] },
  ),
  answer(
    'Connection: close set by hand is left out',
    (res) => {
      res.setHeader('Connection', 'close');
      res.setHeader('X-A', '1');
      res.end('body');
    },
    { requests: [{}, {}] },
  ),
  answer('hop-by-hop headers in writeHead() are left out', (res) => {
    res.writeHead(200, { Connection: 'close', 'Keep-Alive': 'timeout=9', 'X-A': '1' });
    res.end('body');
  }),
  answer('Upgrade is left out', (res) => {
    res.writeHead(426, { Upgrade: 'websocket' });
    res.end();
  }),
  answer(
    'a header named Status is left out',
    (res) => {
      res.setHeader('Status', '500 No');
      res.end();
    },
    { differs: ['response-status-header'] },
  ),
  answer('names and values that would break the head are refused', (res, note) => {
    refusals(note, {
      'line feed': () => res.setHeader('X-A', 'a\nb'),
      'carriage return': () => res.setHeader('X-A', 'a\rb'),
      nul: () => res.setHeader('X-A', 'a\0b'),
      'beyond latin1': () => res.setHeader('X-A', '☕'),
      name: () => res.setHeader('X A', 'a'),
      'empty name': () => res.setHeader('', 'a'),
      undefined: () => res.setHeader('X-A', undefined as never),
      'in writeHead': () => res.writeHead(200, { 'X-A': 'a\r\nb' }),
      'in an array': () => res.writeHead(200, ['X-A', 'a\r\nb']),
      'odd array': () => res.writeHead(200, ['X-A']),
      reason: () => res.writeHead(200, 'OK\r\nX-B: 1'),
      'early hints': () => res.writeEarlyHints({ link: 'nonsense' }),
    });
    note('names', res.getHeaderNames());
    res.statusMessage = 'OK';
    res.end();
  }),
  answer('a bad status is refused', (res, note) => {
    refusals(note, {
      99: () => res.writeHead(99),
      1000: () => res.writeHead(1000),
      text: () => res.writeHead('abc' as never),
    });
    res.end();
  }),
  answer(
    'a head with a status below 200 is refused',
    (res, note) => {
      refusals(note, { 'switching protocols': () => res.writeHead(101) });
      res.destroy();
    },
    { differs: ['response-switching'] },
  ),
  answer('headers cannot be changed after the head was sent', (res, note) => {
    res.write('x');
    refusals(note, {
      set: () => res.setHeader('X-A', '1'),
      append: () => res.appendHeader('X-A', '1'),
      remove: () => res.removeHeader('X-A'),
      'write head': () => res.writeHead(500),
      'set all': () => res.setHeaders(new Map([['a', '1']])),
      flush: () => res.flushHeaders(),
    });
    res.statusCode = 500;
    res.end();
  }),
  answer('strictContentLength refuses more than was promised', (res, note) => {
    res.strictContentLength = true;
    res.setHeader('Content-Length', 3);
    refusals(note, {
      'too long': () => res.write('four'),
      fits: () => res.write('abc'),
      end: () => res.end(),
    });
    res.destroy();
  }),
  answer('strictContentLength refuses less than was promised', (res, note) => {
    res.strictContentLength = true;
    res.setHeader('Content-Length', 3);
    refusals(note, { fewer: () => res.end('ab') });
    res.destroy();
  }),
];
