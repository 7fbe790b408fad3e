import { readFileSync } from 'node:fs';
import { differences } from './differences.ts';
import { heads } from './plain-heads.ts';
import { life } from './plain-life.ts';
import { requests } from './plain-requests.ts';
import { responses } from './plain-responses.ts';

const page = readFileSync(`${__dirname}/../../../docs/differences-from-http.md`, 'utf8');

/** The cells of each row of the page's table: id, what, under http, over FastCGI, why. */
const rows = [...page.matchAll(/^\| `([\w-]+)` +\|(.*)\|$/gm)].map(([, id, rest = '']) => ({
  id,
  cells: rest.split(' | ').map((cell) => cell.trim()),
}));

test('the page and the tests name the same differences, in the same order', () => {
  expect(rows.map(({ id }) => id)).toEqual(differences.map(({ id }) => id));
});

test('the page tells of each difference what it is, both sides, and the reason', () => {
  expect(rows.filter(({ cells }) => cells.length !== 4 || cells.includes(''))).toEqual([]);
});

test('each difference that is not everywhere is named by a case', () => {
  const named = [...responses, ...heads, ...requests, ...life].flatMap(
    ({ differs = [] }) => differs,
  );
  const ids: string[] = differences.filter(({ everywhere }) => !everywhere).map(({ id }) => id);
  expect([...new Set<string>(named)].sort()).toEqual(ids.sort());
});
