import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from '../support/program.ts';

const page = readFileSync(join(__dirname, '../../docs/client.md'), 'utf8');

const IMPORT = "import * as fcgi from 'fcgi';\n";

/** Each program of the page, with the output that stands below it. */
const examples = [...page.matchAll(/^```js\n((?:(?!^```).)*)^```\n\n```text\n(.*?)^```$/gms)].map(
  ([, code = '', output = '']) => ({ code, output }),
);

test('every example of docs/client.md has its output below it, but the one that needs php-fpm', () => {
  expect(examples).toHaveLength(page.split('\n```js\n').length - 2);
  expect(examples.length).toBeGreaterThan(4);
});

test.each(examples)('the example $# of docs/client.md prints what it says', async (example) => {
  expect(example.code).toContain(IMPORT);
  // The built package is there by that name without the line.
  const program = new Program(example.code.replace(IMPORT, ''));
  try {
    await program.printed(example.output.trimEnd());
    expect([await program.exit(), program.stderr]).toEqual([0, '']);
    expect(program.stdout.trimEnd()).toBe(example.output.trimEnd());
  } finally {
    await program.stop();
  }
});

test('every error code of docs/client.md is one that docs/errors.md has for the client', () => {
  const errors = readFileSync(join(__dirname, '../../docs/errors.md'), 'utf8');
  const codes = (text: string) => new Set(text.match(/ERR_FCGI_[A-Z_]+/g));
  const known = codes(errors);
  for (const code of codes(page)) expect(known).toContain(code);
});
