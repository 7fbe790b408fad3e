import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from './program.ts';

const IMPORT = "import * as fcgi from 'fcgi';\n";

/**
 * Tests that each program of a page prints what stands below it.
 *
 * @param page its file, as `docs/handler.md`
 * @param others how many programs of the page have no output, and are tested elsewhere
 */
export function testExamples(page: string, others = 0): void {
  const text = readFileSync(join(__dirname, '../..', page), 'utf8');
  const examples = [...text.matchAll(/^```js\n((?:(?!^```).)*)^```\n\n```text\n(.*?)^```$/gms)].map(
    ([, code = '', output = '']) => ({ code, output }),
  );

  test(`every example of ${page} has its output below it${others ? `, but for ${others}` : ''}`, () => {
    expect(examples).toHaveLength(text.split('\n```js\n').length - 1 - others);
    expect(examples.length).toBeGreaterThan(0);
  });

  test.each(examples)(`the example $# of ${page} prints what it says`, async (example) => {
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
}
