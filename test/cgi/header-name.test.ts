import { headerName, isCanonical } from '../../src/cgi/header-name.ts';
import { heapAfterCollection } from '../protocol/memory.ts';

describe('headerName()', () => {
  test.each([
    ['HTTP_HOST', 'host'],
    ['HTTP_X_REAL_IP', 'x-real-ip'],
    ['HTTP_X-REAL-IP', 'x-real-ip'],
    ['HTTP_x_real_ip', 'x-real-ip'],
    ['HTTP_PROXY', 'proxy'],
    ['HTTP_SEC_CH_UA_64', 'sec-ch-ua-64'],
    ['HTTP__', '-'],
    ['HTTP_A__B_', 'a--b-'],
    ['HTTP___PROTO__', '--proto--'],
    ['HTTP_CONSTRUCTOR', 'constructor'],
    ['HTTP_HTTP_X', 'http-x'],
    ['HTTP_X.Y', 'x.y'],
    ['HTTP_HOST\xe9', 'host\xe9'],
  ])('%j is the header %j', (variable, header) => {
    expect(headerName(variable)).toBe(header);
    expect(headerName(variable)).toBe(header);
  });

  test.each([
    '',
    'HTTP_',
    'HTTP',
    'HTTPS',
    'HTTPX_HOST',
    'http_host',
    'Http_Host',
    ' HTTP_HOST',
    'HOST',
    'CONTENT_TYPE',
    'CONTENT_LENGTH',
    'REDIRECT_HTTP_AUTHORIZATION',
    '__proto__',
    'constructor',
    'toString',
  ])('%j is no header', (variable) => {
    expect(headerName(variable)).toBe('');
    expect(headerName(variable)).toBe('');
  });

  test('is right for names of any length', () => {
    for (const size of [1, 122, 123, 124, 128, 129, 10_000]) {
      const name = 'X'.repeat(size);
      expect(headerName(`HTTP_${name}`)).toBe(name.toLowerCase());
      expect(headerName(name)).toBe('');
    }
  });

  test('is right for more names than it remembers', () => {
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 3000; i++) {
        expect(headerName(`HTTP_X_${i}`)).toBe(`x-${i}`);
        expect(headerName(`X_${i}`)).toBe('');
      }
    }
    expect(headerName('HTTP_NEVER_SEEN_BEFORE')).toBe('never-seen-before');
  });
});

describe('the names that are remembered', () => {
  const MIB = 1024 * 1024;

  /** Bytes that stay in use after a fresh `headerName()` was asked for these names. */
  function retained(variables: () => Iterable<string>): number {
    let bytes = 0;
    jest.isolateModules(() => {
      const fresh = jest.requireActual<typeof import('../../src/cgi/header-name.ts')>(
        '../../src/cgi/header-name.ts',
      );
      const before = heapAfterCollection();
      for (const variable of variables()) fresh.headerName(variable);
      bytes = heapAfterCollection() - before;
      expect(fresh.headerName('HTTP_HOST')).toBe('host');
    });
    return bytes;
  }

  test('keep no request alive whose slices they were', () => {
    const bytes = retained(function* () {
      for (let i = 0; i < 500; i++) {
        const request = Buffer.alloc(128 * 1024, 'x');
        request.write(`HTTP_X_A_NAME_OF_A_HEADER_${i}_`);
        const text = request.toString('latin1');
        yield text.slice(0, 40);
        yield text.slice(5, 45);
      }
    });
    expect(bytes).toBeLessThan(10 * MIB);
  });

  test('are a thousand or so, however many clients make up', () => {
    const bytes = retained(function* () {
      for (let i = 0; i < 100_000; i++) yield `HTTP_${String(i).padEnd(100, 'X')}`;
    });
    expect(bytes).toBeLessThan(4 * MIB);
  });

  test('are short', () => {
    const bytes = retained(function* () {
      for (let i = 0; i < 500; i++) yield `HTTP_${String(i).padEnd(50_000, 'X')}`;
    });
    expect(bytes).toBeLessThan(4 * MIB);
  });
});

describe('isCanonical()', () => {
  test.each(['HTTP_HOST', 'HTTP_X_REAL_IP', 'HTTP_X_2', 'HTTP_', ''])(
    'holds for %j',
    (variable) => {
      expect(isCanonical(variable)).toBe(true);
    },
  );

  test.each(['HTTP_X-REAL-IP', 'HTTP_x_real_ip', 'http_HOST', 'HTTP_HOSt'])(
    'does not hold for %j',
    (variable) => {
      expect(isCanonical(variable)).toBe(false);
    },
  );

  test('holds for at most one of two variables that stand for one header', () => {
    const canonical = new Map<string, string>();
    for (let byte = 0; byte < 256; byte++) {
      const variable = `HTTP_X${String.fromCharCode(byte)}`;
      if (!isCanonical(variable)) continue;
      const header = headerName(variable);
      expect([variable, canonical.get(header)]).toEqual([variable, undefined]);
      canonical.set(header, variable);
    }
    expect(canonical.size).toBeGreaterThan(26);
  });
});
