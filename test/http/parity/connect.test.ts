import { connectCases } from './connect.ts';
import { runTable } from './run-table.ts';

runTable(connectCases);
