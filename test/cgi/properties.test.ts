import fc from 'fast-check';
import { requestHead } from '../../src/cgi/request-head.ts';
import { FcgiError } from '../../src/errors.ts';

// fast-check prints the seed and the smallest counter-example of a property that fails.

const names = fc.constantFrom(
  'REQUEST_METHOD',
  'REQUEST_URI',
  'SERVER_PROTOCOL',
  'CONTENT_LENGTH',
  'CONTENT_TYPE',
  'PATH_INFO',
  'SCRIPT_NAME',
  'QUERY_STRING',
  'HTTP_',
  'HTTP_HOST',
  'HTTP_host',
  'HTTP_X-A',
  'HTTP_X_A',
  'HTTP_CONTENT_LENGTH',
  'HTTP_AUTHORIZATION',
  'REDIRECT_HTTP_AUTHORIZATION',
  '__proto__',
  'HTTP___PROTO__',
  '',
);
const latin1 = fc
  .uint8Array({ maxLength: 20 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));
const name = fc.oneof(
  names,
  latin1,
  latin1.map((text) => `HTTP_${text}`),
);
const value = fc.oneof(fc.constantFrom('', '0', '5', '-1', 'GET', '/a?b', 'HTTP/1.0', '*'), latin1);
const variables = fc.array(fc.tuple(name, value), { maxLength: 12 });

test('any variables are the head of a request, or an FcgiError that is documented', () => {
  fc.assert(
    fc.property(variables, fc.boolean(), (pairs, withMethod) => {
      const all = withMethod ? [['REQUEST_METHOD', 'GET'] as const, ...pairs] : pairs;
      try {
        const head = requestHead(all.flat());
        expect(head.method).not.toBe('');
        expect(head.url).not.toBe('');
        expect(['1.0', '1.1']).toContain(head.httpVersion);
        expect(head.rawHeaders.length % 2).toBe(0);
        expect(head.contentLength ?? 0).toBeGreaterThanOrEqual(0);
      } catch (error) {
        if (!(error instanceof FcgiError)) throw error;
        expect(['ERR_FCGI_META_VARIABLE', 'ERR_FCGI_HEADER_COLLISION']).toContain(error.code);
      }
    }),
    { numRuns: 3000 },
  );
});

test('a header is never more than its variable: none comes up that was not sent, none is longer', () => {
  fc.assert(
    fc.property(variables, (pairs) => {
      let rawHeaders: string[];
      try {
        ({ rawHeaders } = requestHead(['REQUEST_METHOD', 'GET', ...pairs.flat()]));
      } catch {
        return;
      }
      const values = new Set(pairs.map(([, text]) => text));
      const sent = new Set(
        pairs.map(([text]) => text.replace(/^(REDIRECT_)*HTTP_/, '').toLowerCase()),
      );
      for (let i = 0; i < rawHeaders.length; i += 2) {
        expect(values).toContain(rawHeaders[i + 1]);
        const header = rawHeaders[i] as string;
        expect([...sent].some((one) => one.replaceAll('_', '-') === header)).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});
