import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');

/** Lines without their indentation. */
const lines = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');

test.each([
  ['lighttpd', 'lighttpd/x-sendfile.conf'],
  ['apache', 'apache/x-sendfile.conf'],
  ['caddyfile', 'caddy/x-accel.Caddyfile'],
])('the lines for %s, which are tested, are those of deploy/%s', (language, file) => {
  const page = readFileSync(join(root, 'docs/offloading.md'), 'utf8');
  const block = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(page)?.[1] as string;
  expect(lines(block)).not.toBe('');
  expect(lines(readFileSync(join(root, 'deploy', file), 'utf8'))).toContain(lines(block));
});
