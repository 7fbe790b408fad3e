import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { within } from '../support/deadline.ts';
import { Application, type ListenTarget } from './support/application.ts';
import type { FrontEnd } from './support/front-end.ts';
import { ask, Exchange, sendBody } from './support/http-client.ts';
import { describeWith } from './support/requirement.ts';
import { withoutRootsRights } from './support/start-web-server.ts';
import { COLUMNS } from './table/columns.ts';
import { SIGHTS, type Sight, type Trouble } from './table/troubles.ts';

const page = readFileSync(join(__dirname, '../../docs/web-servers.md'), 'utf8');

/** More than every file of deploy/ allows. */
const TOO_LARGE = 105 * 1024 * 1024;

let folder: string;
let listen: Extract<ListenTarget, { path: string }>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-trouble-'));
  listen = { path: join(folder, 'app.sock'), mode: 0o666 };
  // For web servers that run under another user.
  mkdirSync(join(folder, 'web'));
  for (const one of [folder, join(folder, 'web')]) chmodSync(one, 0o777);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const startApplication = () => Application.start({ application: 'plain', listen });

// What a web server says that starts the application: shared-hosting-mistakes.test.ts.
for (const column of COLUMNS.filter((one) => 'start' in one)) {
  const { server, programs, start } = column;
  describeWith(`${server} tells what is wrong`, programs, () => {
    let web: FrontEnd;
    let application: Application | undefined;

    beforeEach(async () => {
      web = await withoutRootsRights(() =>
        start({ folder: join(folder, 'web'), application: listen, keepConnections: false }),
      );
    });
    afterEach(async () => {
      await web?.stop();
      await application?.stop();
      application = undefined;
    });

    /** Web servers may leave an application alone for a second that they did not reach. */
    async function servesAgain(): Promise<void> {
      while ((await get()) !== 200);
    }

    async function get(): Promise<number> {
      try {
        return (await ask(`${web.origin}/json`)).status;
      } catch (cause) {
        throw new Error(`${server} does not answer:\n${web.errorLog()}`, { cause });
      }
    }

    async function tell(trouble: Trouble, status: Promise<number>): Promise<void> {
      const sight = SIGHTS[server]?.[trouble] as Sight;
      expect(await status).toBe(sight.status);
      if (sight.message === undefined) return;
      expect(page).toContain(sight.message);
      await web.logged(sight.message.replaceAll('/run/app/app.sock', listen.path));
    }

    test('when the application is not started, or its path is another', () =>
      tell('not started', get()));

    test('when it may not open the socket', async () => {
      application = await startApplication();
      // Root's rights are taken from the web server, not what the owner of a file may: here nobody may.
      chmodSync(listen.path, 0);
      await tell('no permission', get());
      chmodSync(listen.path, 0o666);
      await within('an answer', servesAgain());
    });

    test('when the application was killed', async () => {
      application = await startApplication();
      await application.stop('SIGKILL');
      await tell('killed', get());
    });

    test('when a body is over its limit', async () => {
      application = await startApplication();
      const exchange = new Exchange(`${web.origin}/upload`, {
        method: 'PUT',
        headers: { 'Content-Length': TOO_LARGE },
      });
      if (SIGHTS[server]?.['too large'].counts) {
        sendBody(exchange.request, TOO_LARGE).catch(() => {});
      } else {
        exchange.request.flushHeaders();
      }
      const status = exchange.response().then((response) => response.statusCode as number);
      await tell('too large', status);
      exchange.abandon();
    });
  });
}

test('an application that is started twice says EADDRINUSE, and the first goes on', async () => {
  const first = await startApplication();
  try {
    await expect(startApplication()).rejects.toThrow(/EADDRINUSE/);
    expect(await first.connections()).toBeGreaterThanOrEqual(0);
    expect(page).toContain('EADDRINUSE');
  } finally {
    await first.stop();
  }
});
