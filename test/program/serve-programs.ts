import type { SpawnOptions } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from '../support/program.ts';

const dist = join(__dirname, '../../dist/index.js');

/** The lines of a program that has what these pages are about by name. */
export function withServe(source: string): string {
  return `import { writeSync } from 'node:fs';
    const { cgi, serve } = fcgi;
    const say = (text) => writeSync(2, text + '\\n');
    ${source}`;
}

/** Writes the package that an example imports as `fcgi` next to it. */
export function installPackage(folder: string): void {
  const at = join(folder, 'node_modules/fcgi');
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'package.json'), '{"type":"module","exports":"./index.js"}');
  writeFileSync(join(at, 'index.js'), `export * from ${JSON.stringify(`file://${dist}`)};`);
}

/** How programs are started with a socket: which descriptor listens, and what else there is. */
export interface Start {
  /** The path that the socket is bound to. */
  readonly path: string;
  readonly fd?: 0 | 3;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Starts a program as a web server or systemd does: with a listening socket that nobody else has. The
 * process that made the socket is gone when the program runs.
 */
export function startWithSocket(source: string, { path, fd = 0, env = {} }: Start): Program {
  const stdio = fd === 0 ? "[fd, 'inherit', 'inherit']" : "['ignore', 'inherit', 'inherit', fd]";
  const whole = withServe(`
    say('pid ' + process.pid + '.');
    process.on('exit', (code) => say('exit ' + code + '.'));
    ${source}`);
  return listenToBoth(
    new Program(`
    import { spawn } from 'node:child_process';
    import net from 'node:net';
    const holder = net.createServer().listen(${JSON.stringify(path)}, () => {
      const fd = holder._handle.fd;
      const args = ['--input-type=module', '-e', ${JSON.stringify(Program.code(whole))}];
      const env = { ...process.env, ...${JSON.stringify(env)} };
      spawn(process.execPath, args, { stdio: ${stdio}, env });
      process.kill(process.pid, 'SIGKILL');
    });`),
  );
}

/** Starts a program that has the lines, by itself. */
export function start(source: string, options: SpawnOptions = {}): Program {
  return listenToBoth(new Program(withServe(source), options));
}

/** What programs tell is on standard error; `printed()` looks at `stdout`, which gets both. */
function listenToBoth(program: Program): Program {
  const { stdout, stderr } = program.process;
  stderr?.on('data', (chunk) => stdout?.emit('data', chunk));
  return program;
}

/** The id of a program that was started with a socket. */
export function pidOf(program: Program): number {
  return Number(/pid (\d+)\./.exec(program.stdout)?.[1]);
}
