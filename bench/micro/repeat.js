/* The process whose instructions are counted; started by `instructions.js`. */

import { prepare } from './prepare.js';

/** @typedef {import('./prepare.js').Order & { runs: number }} Order */

/** @type {Order} */
const order = JSON.parse(process.argv[2] ?? '{}');
const { run } = await prepare(order);
for (let i = 0; i < order.runs; i++) await run();
process.exit();
