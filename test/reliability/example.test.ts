import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../support/program.ts';
import { WebServer } from '../support/web-server.ts';
import { request } from '../support/wire.ts';

const page = readFileSync(join(__dirname, '../../docs/reliability.md'), 'utf8');
const IMPORT = "import { createServer } from 'fcgi';";

test('the example of docs/reliability.md hands over to its next version, and ends', async () => {
  const [, example = ''] = /^```js\n([\s\S]*?)^```/m.exec(page) ?? [];
  expect(example).toContain(IMPORT);
  const folder = mkdtempSync(join(tmpdir(), 'fcgi-example-'));
  const path = join(folder, 'app.sock');
  const source = example
    .replace(IMPORT, 'const { createServer } = fcgi;')
    .replace('/run/app.sock', path)
    .concat(`\nserver.on('listening', () => console.log('listens'));`);
  const answer = async () => {
    const peer = await WebServer.connectTo({ path });
    const { body } = await peer.exchange(request({ flags: 0 }));
    return body.toString();
  };
  const first = new Program(source);
  let second: Program | undefined;
  try {
    await first.printed('listens');
    expect(await answer()).toBe('ok');
    const env = { ...process.env, PREDECESSOR: String(first.process.pid) };
    second = new Program(source, { env });
    await second.printed('listens');
    expect([await first.exit(), first.stderr]).toEqual([0, '']);
    expect(await answer()).toBe('ok');
  } finally {
    await first.stop();
    await second?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
