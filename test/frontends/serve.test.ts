import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { post } from '../support/wire.ts';
import { ask } from './support/http-client.ts';
import { RunningProcess } from './support/process.ts';
import { ANY, programFile } from './support/programs.ts';
import { describeWith } from './support/requirement.ts';
import { SPAWN_FCGI, spawnFcgi } from './support/spawn-fcgi.ts';
import { connectTo } from './support/wire-client.ts';

// The same program as plain CGI: behaviours/plain-cgi.ts, behind each web server that runs it.

test('a program that calls serve() serves HTTP when nobody gave it a socket', async () => {
  const env = { ...process.env, PORT: '0' };
  const program = new RunningProcess(process.execPath, [programFile('any')], { env });
  try {
    const [, port] = await program.printed(/HTTP on \S+:(\d+)/);
    const { status, headers, text } = await ask(`http://127.0.0.1:${port}${ANY.url}`, ANY.request);
    expect([status, headers['x-answer']]).toEqual([201, 'one, two']);
    expect(JSON.parse(text)).toEqual(ANY.answer);
    expect(await program.stop()).toBe(0);
  } finally {
    await program.stop('SIGKILL');
  }
});

describeWith('spawn-fcgi', [SPAWN_FCGI], () => {
  test('makes a program that calls serve() serve FastCGI', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fcgi-serve-'));
    const target = { path: join(folder, 'app.sock') };
    const program = spawnFcgi(target, 'any');
    try {
      const peer = await connectTo(program, target);
      const variables = {
        REQUEST_URI: ANY.url,
        SCRIPT_NAME: '',
        CONTENT_TYPE: 'text/plain',
        HTTP_X_TAG: 'a',
      };
      const { status, head, body } = await peer.exchange(
        post(Buffer.from(ANY.request.body), { variables }),
      );
      expect(status).toBe('201 Created');
      expect(head.filter((line) => line.startsWith('X-Answer'))).toEqual([
        'X-Answer: one',
        'X-Answer: two',
      ]);
      expect(JSON.parse(body.toString())).toEqual(ANY.answer);
      peer.close();
      expect(await program.stop()).toBe(0);
    } finally {
      await program.stop('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
