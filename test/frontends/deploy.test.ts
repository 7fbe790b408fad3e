import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Application } from './support/application.ts';
import { deployFile } from './support/deploy.ts';
import { ask } from './support/http-client.ts';
import { LIGHTTPD } from './support/lighttpd.ts';
import { startLighttpdWith } from './support/lighttpd-site.ts';
import { NGINX, nginxSite, startNginxWith } from './support/nginx.ts';
import { writeExecutable } from './support/programs.ts';
import { describeWith } from './support/requirement.ts';
import type { RunningWebServer } from './support/start-web-server.ts';

// Files of deploy/ that do something of their own. The others: web-servers.test.ts, several-machines.test.ts.

let folder: string;
let server: RunningWebServer | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-deploy-'));
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

describeWith('deploy/nginx/x-accel.conf', [NGINX], () => {
  let application: Application;

  beforeEach(async () => {
    const files = join(folder, 'files');
    mkdirSync(files);
    writeFileSync(join(files, 'report.txt'), 'For your eyes only');
    const path = join(folder, 'app.sock');
    application = await Application.start({ application: 'plain', listen: { path, mode: 0o666 } });
    server = await startNginxWith(folder, 1, ([plain] = []) => [
      nginxSite(
        'nginx/x-accel.conf',
        [
          ['/run/app/app.sock', path],
          ['alias /srv/app/files/;', `alias ${files}/;`],
        ],
        { plain },
      ),
    ]);
  });
  afterEach(() => application?.stop());

  test('sends the file that the application names, and a part of it', async () => {
    const { status, text, headers } = await ask(`${server?.origin}/report`);
    expect([status, text]).toEqual([200, 'For your eyes only']);
    expect(headers).not.toHaveProperty('x-accel-redirect');
    expect(headers['x-content-type-options']).toBe('nosniff');
    const part = await ask(`${server?.origin}/report`, { headers: { Range: 'bytes=0-2' } });
    expect([part.status, part.text]).toEqual([206, 'For']);
  });

  test('sends nothing of it to a client that asks for the file itself', async () => {
    const { status, text } = await ask(`${server?.origin}/protected/report.txt`);
    expect(status).toBe(404);
    expect(text).not.toContain('eyes');
  });
});

describeWith('deploy/lighttpd/bin-path.conf', [LIGHTTPD], () => {
  const about = async () => JSON.parse((await ask(`${server?.origin}/process`)).text);

  beforeEach(async () => {
    mkdirSync(join(folder, 'www'));
    server = await startLighttpdWith(folder, () =>
      deployFile('lighttpd/bin-path.conf', [
        ['/srv/app/app.js', writeExecutable(join(folder, 'app.js'), 'spawned')],
        ['/run/lighttpd/app.sock', join(folder, 'app.sock')],
        ['"NODE_ENV" => "production"', '"GREETING" => "from lighttpd"'],
      ]),
    );
  });

  test('starts one process, which answers all requests', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, about));
    expect(new Set(answers.map(({ pid }) => pid)).size).toBe(1);
    expect(answers[0].greeting).toBe('from lighttpd');
  });

  test('leaves the path as the client wrote it, to an application at the root', async () => {
    const { text } = await ask(`${server?.origin}`, { path: '/echo/a%2Fb//c?x=%20' });
    expect(JSON.parse(text).url).toBe('/echo/a%2Fb//c?x=%20');
  });
});
