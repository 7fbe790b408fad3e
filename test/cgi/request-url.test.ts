import { requestUrl, type TargetVariables } from '../../src/cgi/request-url.ts';

const IIS = 'Microsoft-IIS/10.0';

const allBytes = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));

describe('REQUEST_URI', () => {
  test.each([
    ['/', '/'],
    ['/a?b=c', '/a?b=c'],
    ['/a%2fb%20c?d%3De', '/a%2fb%20c?d%3De'],
    ['//example.test/x', '//example.test/x'],
    ['/?http://example.test/', '/?http://example.test/'],
    ['/\xe9\xff', '/\xe9\xff'],
    ['*', '*'],
    ['/.', '/.'],
    ['/../..', '/../..'],
    // absolute-form (RFC 9112 §3.2.2)
    ['http://example.test/a?b', '/a?b'],
    ['HTTPS://example.test:8443/a', '/a'],
    ['http://user@example.test/a', '/a'],
    ['http://[::1]:80/a', '/a'],
    ['http://example.test', '/'],
    ['http://example.test?b', '/?b'],
    ['http://example.test//a', '//a'],
    ['http:///a', '/a'],
    ['coap+tcp://example.test/a', '/a'],
    // authority-form, and what is none of the four
    ['example.test:443', 'example.test:443'],
    ['1http://example.test/a', '1http://example.test/a'],
    ['http:/example.test/a', 'http:/example.test/a'],
  ])('%j makes the URL %j', (REQUEST_URI, url) => {
    expect(requestUrl({ REQUEST_URI })).toBe(url);
  });

  test('goes before all others', () => {
    const variables: TargetVariables = {
      REQUEST_URI: '/request-uri',
      UNENCODED_URL: '/unencoded',
      HTTP_X_ORIGINAL_URL: '/original',
      SERVER_SOFTWARE: IIS,
      SCRIPT_NAME: '/script',
      PATH_INFO: '/info',
      QUERY_STRING: 'query',
    };
    expect(requestUrl(variables)).toBe('/request-uri');
    expect(requestUrl({ ...variables, REQUEST_URI: '' })).toBe('/unencoded');
    expect(requestUrl({ ...variables, REQUEST_URI: undefined, UNENCODED_URL: '' })).toBe(
      '/original',
    );
    expect(
      requestUrl({ ...variables, REQUEST_URI: '', UNENCODED_URL: '', HTTP_X_ORIGINAL_URL: '' }),
    ).toBe('/script/info?query');
  });
});

describe('UNENCODED_URL', () => {
  test.each([
    ['/caf%c3%a9?x=%20', '/caf%c3%a9?x=%20'],
    ['http://example.test/a', '/a'],
  ])('%j makes the URL %j', (UNENCODED_URL, url) => {
    expect(requestUrl({ UNENCODED_URL })).toBe(url);
  });
});

describe('HTTP_X_ORIGINAL_URL', () => {
  const variables = { HTTP_X_ORIGINAL_URL: '/admin?x', SCRIPT_NAME: '', PATH_INFO: '/public' };

  test.each([IIS, 'Microsoft-IIS/7.5', 'Microsoft-IIS'])('counts under %s', (SERVER_SOFTWARE) => {
    expect(requestUrl({ ...variables, SERVER_SOFTWARE })).toBe('/admin?x');
  });

  test.each([
    undefined,
    '',
    'nginx/1.27.4',
    'Apache/2.4.63 (Unix)',
    'lighttpd/1.4.79',
    'Caddy/v2.9.1',
    'microsoft-iis/10.0',
    'not Microsoft-IIS/10.0',
  ])('is a header that a client made up under %j', (SERVER_SOFTWARE) => {
    expect(requestUrl({ ...variables, SERVER_SOFTWARE })).toBe('/public');
  });
});

describe('without any of them', () => {
  test.each<[variables: TargetVariables, url: string]>([
    [{}, '/'],
    [{ SCRIPT_NAME: '', PATH_INFO: '', QUERY_STRING: '' }, '/'],
    [{ SCRIPT_NAME: '/a' }, '/a'],
    [{ PATH_INFO: '/b' }, '/b'],
    [{ SCRIPT_NAME: '/a', PATH_INFO: '/b' }, '/a/b'],
    [{ QUERY_STRING: 'c' }, '/?c'],
    [{ SCRIPT_NAME: '/a', PATH_INFO: '/b', QUERY_STRING: 'c=d&e' }, '/a/b?c=d&e'],
    [{ SCRIPT_NAME: '/a b', PATH_INFO: '/100%?#' }, '/a%20b/100%25%3F%23'],
    [{ PATH_INFO: '/x', QUERY_STRING: '%20 "<>' }, '/x?%20 "<>'],
  ])('%j makes the URL %j', (variables, url) => {
    expect(requestUrl(variables)).toBe(url);
  });

  test('SCRIPT_NAME and PATH_INFO are encoded again, byte for byte', () => {
    // The characters of `pchar` (RFC 3986 §3.3), and the slash.
    const plain = /[A-Za-z0-9\-._~!$&'()*+,;=:@/]/;
    for (const char of allBytes) {
      const code = char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0');
      const expected = plain.test(char) ? char : `%${code}`;
      expect(requestUrl({ SCRIPT_NAME: '/a', PATH_INFO: `/${char}` })).toBe(`/a/${expected}`);
      expect(requestUrl({ SCRIPT_NAME: `/${char}`, PATH_INFO: '/b' })).toBe(`/${expected}/b`);
    }
  });

  test('the path decodes to what the web server sent', () => {
    const url = requestUrl({ PATH_INFO: `/${allBytes}` });
    const decoded = url.replace(/%([0-9A-F]{2})/g, (_, code) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
    expect(decoded).toBe(`/${allBytes}`);
    expect(url).not.toMatch(/[^!-~]/);
  });
});
