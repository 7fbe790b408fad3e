import { heads } from './plain-heads.ts';
import { life } from './plain-life.ts';
import { requests } from './plain-requests.ts';
import { responses } from './plain-responses.ts';
import { runTable } from './run-table.ts';

runTable([...responses, ...heads, ...requests, ...life]);
