import { koaCases } from './koa.ts';
import { runTable } from './run-table.ts';

runTable(koaCases);
