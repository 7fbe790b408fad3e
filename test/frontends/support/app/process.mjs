import { connect } from 'node:net';
import { query } from './query.mjs';

/** Tells of the process that answers. */
export function aboutProcess(_req, res) {
  res.end(
    JSON.stringify({ pid: process.pid, folder: process.cwd(), greeting: process.env.GREETING }),
  );
}

/** Waits with its answer until the test opens the gate. */
export function pass(req, res) {
  const gate = connect(query(req).gate);
  gate.write(`${process.pid}\n`);
  gate.resume();
  gate.on('end', () => res.end(`Passed in process ${process.pid}`));
  gate.on('error', (error) => res.writeHead(500).end(error.message));
}
