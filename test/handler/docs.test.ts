import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from '../support/program.ts';

const page = readFileSync(join(__dirname, '../../docs/handler.md'), 'utf8');

/** Each program of the page, with the output that stands below it. */
const examples = [...page.matchAll(/^```js\n(.*?)^```\n\n```text\n(.*?)^```$/gms)].map(
  ([, code = '', output]) => ({ code, output }),
);

const IMPORT = "import * as fcgi from 'fcgi';\n";

test('every example of docs/handler.md has its output below it', () => {
  expect(examples).toHaveLength(page.split('\n```js\n').length - 1);
  expect(examples.length).toBeGreaterThan(3);
});

test.each(examples)('the example $# of docs/handler.md prints what it says', async (example) => {
  expect(example.code).toContain(IMPORT);
  // The built package is there by that name without the line.
  const program = new Program(example.code.replace(IMPORT, ''));
  try {
    await program.printed(example.output as string);
    expect([await program.exit(), program.stdout, program.stderr]).toEqual([0, example.output, '']);
  } finally {
    await program.stop();
  }
});
