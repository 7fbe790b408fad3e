import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commands } from '../../src/cli/commands.ts';
import { meanings } from '../../src/cli/exit-code.ts';
import { parse } from '../../src/cli/parse.ts';
import { fcgi } from '../cli/support/command.ts';

const root = join(__dirname, '../..');
const read = (page: string) => readFileSync(join(root, page), 'utf8');
const page = read('docs/cli.md');

/** The first block of a section: the help as it stands there. */
function helpIn(section: string): string | undefined {
  return /^```text\n(.*?)^```$/ms.exec(section)?.[1];
}

const [intro = '', ...sections] = page.split(/^## /m);

test('docs/cli.md begins with what fcgi help prints', async () => {
  expect(helpIn(intro)).toBe((await fcgi(['help'])).stdout);
});

test('docs/cli.md has a section for each command, and no other', () => {
  const titles = sections.map((section) => section.split('\n')[0]);
  expect(titles).toEqual(commands.map(({ name }) => `\`fcgi ${name}\``));
});

test.each(commands.map(({ name }, i) => [name, sections[i] as string] as const))(
  'docs/cli.md has the help of %s as the built command prints it',
  async (name, section) => {
    expect(helpIn(section)).toBe((await fcgi([name, '--help'])).stdout);
  },
);

test('docs/cli.md tells every exit code', () => {
  for (const [code] of meanings) expect(intro).toMatch(new RegExp(`^  ${code} `, 'm'));
});

/** Lines of the blocks for a shell that run the command. */
const lines = ['README.md', 'docs/cli.md', 'docs/serve.md'].flatMap((name) =>
  [...read(name).matchAll(/^```sh\n(.*?)^```$/gms)]
    .flatMap(([, block]) => (block as string).split('\n'))
    .map((line) => line.replace(/\s+#.*/, ''))
    .filter((line) => /^(npx )?fcgi /.test(line)),
);

test('README.md shows the command', () => {
  expect(lines.length).toBeGreaterThan(3);
});

test.each(lines)('the command line %s is one that the command takes', (line) => {
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare);
  const [name = '', ...argv] = words.slice(words.indexOf('fcgi') + 1) as string[];
  const argumentsUntilPipe = argv.slice(0, argv.findIndex((word) => /^[|>]$/.test(word)) >>> 0);
  const command = commands.find((one) => one.name === name);
  expect(command?.name).toBe(name);
  expect(() => command && parse(command, argumentsUntilPipe)).not.toThrow();
});
