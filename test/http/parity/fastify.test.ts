import { fastifyCases } from './fastify.ts';
import { runTable } from './run-table.ts';

runTable(fastifyCases);
