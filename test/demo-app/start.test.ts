import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePorts } from '../frontends/support/free-port.ts';
import { NGINX } from '../frontends/support/nginx.ts';
import { RunningProcess } from '../frontends/support/process.ts';
import { describeWith } from '../frontends/support/requirement.ts';
import { within } from '../support/deadline.ts';

const root = join(__dirname, '../..');
const script = join(root, 'demo-app/start.js');

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-start-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Starts what `npm start` starts, on ports that are free. */
async function startDemo(
  env: NodeJS.ProcessEnv = { PORT: '0', FASTCGI_PORT: '0' },
): Promise<RunningProcess> {
  const demo = new RunningProcess(process.execPath, [script], {
    env: { ...process.env, DATA_FOLDER: join(folder, 'data'), ...env },
  });
  await within('the guestbook to open', opened(demo));
  return demo;
}

async function opened(demo: RunningProcess): Promise<void> {
  while (demo.running && !demo.output.includes('Ctrl+C')) await wait(10);
}

const addressIn = (output: string) => /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0] as string;

test('npm start is what these tests start', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(scripts.start).toBe('node demo-app/start.js');
  expect(scripts.prestart).toMatch(/^npm run build/);
});

test('opens the guestbook at the address that it prints, keeps what is signed, and closes in good order', async () => {
  const demo = await startDemo();
  try {
    const address = addressIn(demo.output);
    const page = await (await fetch(address)).text();
    expect(page).toContain('Guestbook');
    expect(page).toContain('127.0.0.1');
    const events = await fetch(`${address}/events`);
    const signed = await fetch(`${address}/api/entries`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Ada', message: 'was here' }),
    });
    expect(signed.status).toBe(201);
    expect(await demo.stop('SIGTERM')).toBe(0);
    await events.body?.cancel();
  } finally {
    await demo.stop('SIGKILL');
  }
  const again = await startDemo();
  try {
    expect(await (await fetch(addressIn(again.output))).text()).toContain('was here');
  } finally {
    await again.stop();
  }
});

test.each(['PORT', 'FASTCGI_PORT'])(
  'says in a line that %s is in use, and exits with 1',
  async (name) => {
    const holder = net.createServer().listen(0, '127.0.0.1');
    const { port } = await new Promise<net.AddressInfo>((resolve) => {
      holder.once('listening', () => resolve(holder.address() as net.AddressInfo));
    });
    try {
      const demo = await startDemo({ PORT: '0', FASTCGI_PORT: '0', [name]: String(port) });
      expect(await within('the end', demo.ended)).toBe(1);
      expect(demo.output).toContain(`Port ${port} is in use`);
      expect(demo.output.trim().split('\n')).toHaveLength(1);
    } finally {
      holder.close();
    }
  },
);

describeWith('The lines that npm start prints', [NGINX], () => {
  test('put nginx in the place of the gateway', async () => {
    const demo = await startDemo();
    const [port = 0] = await freePorts(1);
    const lines = /^ {2}server \{$[\s\S]*?^ {2}\}$/m.exec(demo.output)?.[0] as string;
    const configuration = join(folder, 'nginx.conf');
    writeFileSync(
      configuration,
      `daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
       events {}
       http {
         access_log off;
         client_body_temp_path ${folder}/b; fastcgi_temp_path ${folder}/f; proxy_temp_path ${folder}/p;
         scgi_temp_path ${folder}/s; uwsgi_temp_path ${folder}/u;
         ${lines.replace('listen 80;', `listen 127.0.0.1:${port};`).replaceAll('include fastcgi_params', 'include /etc/nginx/fastcgi_params')}
       }`,
    );
    const nginx = new RunningProcess(NGINX.path, ['-p', `${folder}/`, '-c', configuration]);
    try {
      const page = await within(
        'the page through nginx',
        firstAnswer(`http://127.0.0.1:${port}/`, nginx),
      );
      expect(page.headers.get('server')).toMatch(/^nginx/);
      expect(await page.text()).toContain('Guestbook');
      const events = await fetch(`http://127.0.0.1:${port}/events`);
      const { value } = (await events.body?.getReader().read()) ?? {};
      expect(Buffer.from(value ?? []).toString()).toContain('retry');
    } finally {
      await nginx.stop();
      await demo.stop();
    }
  });
});

async function firstAnswer(url: string, nginx: RunningProcess): Promise<Response> {
  while (nginx.running) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer) return answer;
    await wait(10);
  }
  throw new Error(`nginx ended: ${nginx.output}`);
}
