import { describeWith } from './support/requirement.ts';
import { testColumn } from './table/column.ts';
import { COLUMNS } from './table/columns.ts';
import { renderTable, tableOfPage, writeTable } from './table/page.ts';

const found = COLUMNS.map((column) => ({ column, findings: testColumn(column) }));

/** The table tells what these tests showed, so it comes last, and only where every web server is installed. */
describeWith(
  'docs/web-servers.md',
  COLUMNS.flatMap(({ programs }) => programs),
  () => {
    test('has the table of this run; `npm run docs:web-servers` writes it', () => {
      const table = renderTable(found);
      if (process.env.FCGI_DOCS === 'write') writeTable(table);
      expect(tableOfPage()).toBe(table.trim());
    });
  },
);
