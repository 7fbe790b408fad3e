// Holds the listening socket that it was started with, and has one generation of an application after the
// other serve it, as a process manager does: "replace" starts the next, and ends the one before with SIGTERM.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('generation.mjs', import.meta.url));
const control = connect(process.argv[2]);
let current;

async function start() {
  // File descriptor 0, which this process never reads or closes.
  const child = spawn(process.execPath, [program], { stdio: [0, 'ignore', 'pipe'] });
  const exited = once(child, 'exit').then(([code, signal]) => code ?? signal);
  child.stderr.pipe(process.stderr, { end: false });
  for await (const text of child.stderr.iterator({ destroyOnReturn: false })) {
    if (String(text).includes('FastCGI on')) break;
  }
  child.stderr.resume();
  return { child, exited };
}

async function replace() {
  const previous = current;
  current = await start();
  previous.child.kill('SIGTERM');
  return previous.exited;
}

async function stop() {
  current.child.kill('SIGTERM');
  return current.exited;
}

current = await start();
control.write('started\n');
control.on('data', async (command) => {
  const result = await { replace, stop }[String(command).trim()]();
  control.write(`${result}\n`);
  if (String(command).trim() === 'stop') control.end();
});
control.on('close', () => process.exit());
