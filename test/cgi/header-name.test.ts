import { headerName, isCanonical } from '../../src/cgi/header-name.ts';

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
