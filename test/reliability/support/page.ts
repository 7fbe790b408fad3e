import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

const PAGE = join(__dirname, '../../../docs/reliability.md');

/** Whether this run is to be written down: `npm run … -- --record`. */
export const recording = process.env.FCGI_RECORD === '1';

/** A part of docs/reliability.md that a run makes; it stands between comments with its name. */
export function section(name: string): string {
  const [, text] = bounds(name).exec(readFileSync(PAGE, 'utf8')) ?? [];
  if (text === undefined) throw new Error(`docs/reliability.md has no part ${name}`);
  return text;
}

/** Replaces such a part. */
export function writeSection(name: string, text: string): void {
  section(name);
  const page = readFileSync(PAGE, 'utf8');
  const replacement = `<!-- ${name} -->\n${text}<!-- end of ${name} -->`;
  writeFileSync(
    PAGE,
    page.replace(bounds(name), () => replacement),
  );
}

/** What a run ran on. */
export function machine(): string {
  return `Node ${process.versions.node}, ${availableParallelism()} cores`;
}

/** Writes down the figures of a run, if it is to be written down. */
export function record(name: string, figures: Readonly<Record<string, number | string>>): void {
  if (!recording) return;
  const rows = Object.entries({ ...figures, failures: 0, machine: machine() });
  const lines = rows.map(([what, value]) => `| ${what} | ${value} |`);
  writeSection(name, ['', '| | |', '| --- | --- |', ...lines, '', ''].join('\n'));
}

function bounds(name: string): RegExp {
  return new RegExp(
    `<!-- ${name.replace(/[().]/g, '\\$&')} -->\n([\\s\\S]*?)<!-- end of ${name.replace(/[().]/g, '\\$&')} -->`,
  );
}
