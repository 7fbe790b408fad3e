#!/usr/bin/env node
import { join } from 'node:path';
import { run } from './run.ts';

const code = await run(process.argv.slice(2), {
  process,
  packageFolder: join(import.meta.dirname, '../..'),
  load: (url) => import(url),
});
if (code !== undefined) process.exitCode = code;
