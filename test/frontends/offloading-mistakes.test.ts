import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APACHE } from './support/apache.ts';
import { Application } from './support/application.ts';
import { type Answer, ask } from './support/http-client.ts';
import { LIGHTTPD } from './support/lighttpd.ts';
import { NGINX } from './support/nginx.ts';
import {
  CADDY,
  type Edit,
  MOD_XSENDFILE,
  type StartOffloading,
  startApache,
  startCaddy,
  startLighttpd,
  startNginx,
} from './support/offloading.ts';
import { describeWith, type Program } from './support/requirement.ts';
import type { RunningWebServer } from './support/start-web-server.ts';

interface Seen {
  readonly answer: Answer;
  readonly folder: string;
  readonly server: RunningWebServer;
}

/** What the client gets when a person did not do what docs/offloading.md says, and what the page says of it. */
async function mistake(
  start: StartOffloading,
  edit: Edit,
  header: string | undefined,
  look: (seen: Seen) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fcgi-files-'));
  mkdirSync(join(folder, 'files'));
  writeFileSync(join(folder, 'files/page.txt'), 'The page');
  mkdirSync(join(folder, 'other'));
  const application = await Application.start({
    application: 'files',
    listen: { path: join(folder, 'app.sock'), mode: 0o666 },
    options: { folder, header },
  });
  try {
    const server = await start(folder, edit);
    try {
      const answer = await ask(`${server.origin}/send?id=1&name=page.txt`);
      await look({ answer, folder, server });
    } finally {
      await server.stop();
    }
  } finally {
    await application.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const otherFolder: Edit = (lines) => lines.replaceAll('/srv/app/files', '/srv/app/files/../other');

function rule(
  title: string,
  programs: readonly Program[],
  start: StartOffloading,
  edit: Edit,
  header: string | undefined,
  look: (seen: Seen) => Promise<void>,
): void {
  describeWith(title, programs, () => {
    test('is told as docs/offloading.md says', () => mistake(start, edit, header, look));
  });
}

rule('nginx, with another folder', [NGINX], startNginx, otherFolder, undefined, async (seen) => {
  expect(seen.answer.status).toBe(404);
  await seen.server.logged('failed (2: No such file or directory)');
});

rule(
  'nginx, without the location',
  [NGINX],
  startNginx,
  (lines) => lines.replace('location /protected/', 'location /elsewhere/'),
  undefined,
  // The application is asked the same again.
  async ({ answer, server }) => {
    expect(answer.status).toBe(500);
    await server.logged('rewrite or internal redirection cycle');
  },
);

rule(
  'lighttpd, with another folder',
  [LIGHTTPD],
  startLighttpd,
  otherFolder,
  undefined,
  async ({ answer, server }) => {
    expect(answer.status).toBe(403);
    await server.logged('not under configured x-sendfile-docroot(s)');
  },
);

rule(
  'lighttpd, without the line for it',
  [LIGHTTPD],
  startLighttpd,
  (lines) => lines.replace(/^.*"x-sendfile" =>.*$/m, ''),
  undefined,
  async ({ answer }) => expect([answer.status, answer.text]).toEqual([200, '']),
);

rule(
  'Apache, with another folder',
  [APACHE, MOD_XSENDFILE],
  startApache,
  otherFolder,
  'X-Sendfile',
  async ({ answer, server }) => {
    expect(answer.status).toBe(404);
    await server.logged('xsendfile: unable to find file: ');
  },
);

rule(
  'Apache, with XSendFile Off',
  [APACHE, MOD_XSENDFILE],
  startApache,
  (lines) => lines.replace('XSendFile On', 'XSendFile Off'),
  'X-Sendfile',
  async ({ answer, folder }) => {
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(answer.headers['x-sendfile']).toBe(`${folder}/files/page.txt`);
  },
);

rule(
  'Caddy, with another folder',
  [CADDY],
  startCaddy,
  otherFolder,
  'X-Accel-Redirect',
  async ({ answer }) => expect(answer.status).toBe(404),
);
