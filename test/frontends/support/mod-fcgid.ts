import { join } from 'node:path';
import { Account, removeInstalled } from './account.ts';
import { apacheSite } from './apache-site.ts';
import type { Certificate } from './certificate.ts';
import { Copies } from './copies.ts';
import { deployFile } from './deploy.ts';
import type { StartWithCopies } from './front-end.ts';
import { startHostWith } from './shared-host.ts';
import type { RunningWebServer } from './start-web-server.ts';

const APPLICATION = join(__dirname, 'app', 'started.mjs');

/** Apache with mod_fcgid, on a machine of one's own, set up as docs/shared-hosting.md says. */
export const startModFcgid: StartWithCopies = async ({ certificate }) => {
  const account = await Account.make();
  let application: Copies | undefined;
  let apache: RunningWebServer | undefined;
  const stop = async () => {
    try {
      // First the copies, which Apache would let finish what they have.
      await application?.close();
      await apache?.stop();
    } finally {
      account.remove();
      await removeInstalled();
    }
  };
  try {
    setUp(account);
    const log = () => account.read('app/logs/app.log');
    application = await Copies.expect(account.path('control'), log);
    apache = await startApache(account, application, certificate);
    const { origin, ports, errorLog, logged, signal } = apache;
    const frontEnd = {
      origin,
      secureOrigin: `https://127.0.0.1:${ports[1]}`,
      streamingOrigin: origin,
      errorLog,
      logged,
      reload: () => signal('SIGUSR1', 'resuming normal operations'),
      stop,
    };
    return { frontEnd, application };
  } catch (error) {
    await stop();
    throw error;
  }
};

function setUp(account: Account): void {
  account.follow('Setting it up');
  account.write(`export { default } from '${APPLICATION}';\n`, 'app/app.mjs');
  account.edit((text) => text.replace('./app.js', './app.mjs'), 'app/start.mjs');
  const thisNode = (text: string) => text.replace(/^NODE=$/m, `NODE=${process.execPath}`);
  account.edit(thisNode, 'public_html/app.fcgi');
}

function startApache(
  account: Account,
  { path }: Copies,
  certificate: Certificate | undefined,
): Promise<RunningWebServer> {
  const site = deployFile('mod_fcgid/site.conf', [
    ['/srv/app/public_html', account.path('public_html')],
  ]);
  return startHostWith(
    ['rewrite', 'fcgid'],
    ([plain, secure]) => `
# Tests end copies more often than people do, and mod_fcgid would wait before it starts others.
FcgidSpawnScoreUpLimit 1000
FcgidInitialEnv CONTROL_SOCKET ${path}
${apacheSite(site, { plain, secure, certificate })}`,
  );
}
