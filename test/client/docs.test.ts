import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testExamples } from '../support/page-examples.ts';

// The one that needs php-fpm has no output.
testExamples('docs/client.md', 1);

test('every error code of docs/client.md is one that docs/errors.md has for the client', () => {
  const page = (name: string) => readFileSync(join(__dirname, '../../docs', name), 'utf8');
  const codes = (text: string) => new Set(text.match(/ERR_FCGI_[A-Z_]+/g));
  const known = codes(page('errors.md'));
  for (const code of codes(page('client.md'))) expect(known).toContain(code);
});
