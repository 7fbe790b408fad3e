import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { within } from '../../support/deadline.ts';
import { GO } from './counterpart.ts';
import { PHP_FPM } from './php-fpm.ts';
import { RunningProcess } from './process.ts';

const run = promisify(execFile);

/** Answers as `answer.go` does. */
const PHP = `<?php
header('Content-Type: text/plain; charset=utf-8');
header('X-Tag: ' . ($_SERVER['HTTP_X_TAG'] ?? ''));
if (str_ends_with($_SERVER['SCRIPT_NAME'], 'missing.php')) http_response_code(404);
echo $_SERVER['REQUEST_METHOD'], ' ', $_SERVER['REQUEST_URI'], ' ', file_get_contents('php://input');
`;

/** Answers as `answer.go` does. */
const OURS = `export default async (req, res) => {
  const chunks = await req.toArray();
  res.setHeader('Content-Type', 'text/plain; charset=utf-8');
  res.setHeader('X-Tag', req.headers['x-tag'] ?? '');
  if (req.url === '/missing') res.statusCode = 404;
  res.end(\`\${req.method} \${req.url} \${Buffer.concat(chunks)}\`);
};
`;

/** php-fpm with the scripts index.php and missing.php in the folder. */
export async function startPhpFpm(folder: string, socket: string): Promise<RunningProcess> {
  for (const name of ['index.php', 'missing.php']) writeFileSync(join(folder, name), PHP);
  const file = join(folder, 'fpm.conf');
  writeFileSync(
    file,
    `[global]\nerror_log = ${folder}/fpm.log\ndaemonize = no\n[www]\nlisten = ${socket}
pm = static\npm.max_children = 1\nping.path = /ping\n`,
  );
  const asRoot = userInfo().uid === 0 ? ['-R'] : [];
  return accepting(new RunningProcess(PHP_FPM.path, ['-n', '-F', ...asRoot, '-y', file]), socket);
}

/** A program that serves by Go's net/http/fcgi. */
export async function startGo(folder: string, socket: string): Promise<RunningProcess> {
  const program = join(folder, 'answer');
  const env = {
    ...process.env,
    HOME: process.env.HOME ?? folder,
    GO111MODULE: 'off',
    GOFLAGS: '',
    GOPROXY: 'off',
  };
  await run(GO.path, ['build', '-o', program, join(__dirname, 'programs/answer.go')], { env });
  return accepting(new RunningProcess(program, [socket]), socket);
}

/** What this package serves, by its own command. */
export async function startOurs(folder: string, socket: string): Promise<RunningProcess> {
  const module = join(folder, 'app.mjs');
  writeFileSync(module, OURS);
  const main = join(__dirname, '../../../dist/cli/main.js');
  const args = [main, 'serve', module, '--listen', socket];
  return accepting(new RunningProcess(process.execPath, args), socket);
}

/** Waits until somebody accepts connections on the socket. */
async function accepting(program: RunningProcess, socket: string): Promise<RunningProcess> {
  const look = async () => {
    while (!(await isListening(socket))) {
      if (!program.running) throw new Error(`${program.command} ended:\n${program.output}`);
      await pause(20);
    }
  };
  await within(`${program.command} to listen`, look());
  return program;
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
