import type { Outcome } from './faults.ts';
import { recording, section, writeSection } from './page.ts';

const HEAD =
  '| fault | its client sees | other clients see | logged |\n| --- | --- | --- | --- |\n';

/** The table of docs/reliability.md, which the tests fill row by row. */
export class FaultTable {
  readonly #rows = new Map<string, string>();

  /** Adds a row; it must stand in the page, unless the run is to be written down. */
  add(fault: string, { client, others, logged }: Outcome): void {
    const row = `| ${fault} | ${client} | ${others} | ${logged} |`;
    this.#rows.set(fault, row);
    if (recording) return;
    const rows = section('faults').split('\n');
    expect(rows.find((line) => line.startsWith(`| ${fault} |`))).toBe(row);
  }

  /** Writes the page, or makes sure that it has no rows but these. */
  finish(): void {
    const rows = [...this.#rows.values()];
    if (recording) writeSection('faults', `\n${HEAD}${rows.join('\n')}\n\n`);
    else expect(section('faults').trim().split('\n').slice(2)).toEqual(rows);
  }
}
