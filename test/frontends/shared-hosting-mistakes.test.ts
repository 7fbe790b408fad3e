import { chmodSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { within } from '../support/deadline.ts';
import { listening } from '../support/http-client.ts';
import { Account, blocks, removeInstalled } from './support/account.ts';
import { APACHE, MOD_FCGID } from './support/apache.ts';
import { type Answer, ask, send } from './support/http-client.ts';
import { describeWith } from './support/requirement.ts';
import { type HostOptions, startHost } from './support/shared-host.ts';
import type { RunningWebServer } from './support/start-web-server.ts';

let account: Account;

afterAll(removeInstalled);

/** A site on which a person made a mistake, and what comes of it. */
interface Mistake {
  readonly site: string;
  readonly answer: () => Promise<Answer>;
  readonly log: () => string;
}

const HEALTHY = "require('express')()";

describeWith(
  'mistakes on a shared host, as docs/shared-hosting.md tells of them',
  [APACHE, MOD_FCGID],
  () => {
    let server: RunningWebServer;

    beforeAll(async () => {
      account = await Account.make();
      account.follow('Setting it up');
      const [app = ''] = blocks('js', 'Setting it up');
      account.write(app, 'app/app.js');
      server = await startHost(account);
    });

    afterAll(async () => {
      await server?.stop();
      account?.remove();
    });

    function mistake(site: string): Mistake {
      account.addSite(site);
      return {
        site,
        answer: () => ask(`${server.origin}/${site}/`),
        log: () => account.read(`app-${site}`, 'logs/app.log'),
      };
    }

    const editStarter = (site: string, change: (text: string) => string) =>
      account.edit(change, 'public_html', site, 'app.fcgi');

    /** The client is told, as is the log. */
    async function isExplained({ answer, log }: Mistake, ...texts: string[]): Promise<void> {
      const { status, headers, text } = await answer();
      expect([status, headers['cache-control']]).toEqual([503, 'no-store']);
      expect(text).toMatch(/^The application cannot start\./);
      for (const each of texts) {
        expect(text).toContain(each);
        expect(log()).toContain(each);
      }
    }

    test('app.fcgi is not executable', async () => {
      const { site, answer } = mistake('mode');
      chmodSync(account.path('public_html', site, 'app.fcgi'), 0o644);
      expect((await answer()).status).toBe(500);
      await server.logged('End of script output before headers: app.fcgi');
    });

    test('app.fcgi has the line ends of Windows', async () => {
      const { site, answer } = mistake('windows');
      editStarter(site, (text) => text.replaceAll('\n', '\r\n'));
      const before = server.errorLog().length;
      expect((await answer()).status).toBe(500);
      expect(server.errorLog().slice(before)).toContain(
        'End of script output before headers: app.fcgi',
      );
    });

    test('Node is missing', async () => {
      const { site, ...missing } = mistake('missing');
      editStarter(site, (text) => text.replace(/^NODE=$/m, 'NODE=/nowhere/node'));
      await isExplained(
        { site, ...missing },
        'Node 20.19 or later was not found',
        '/nowhere/node: not there',
      );
    });

    test.each(['v20.18.3', 'v18.20.4', 'v0.12.18', 'v9.11.2'])(
      'Node is too old: %s',
      async (version) => {
        const old = mistake(`old-${version}`);
        const node = account.path(`node-${version}`);
        account.write(`#!/bin/sh\necho ${version}\n`, `node-${version}`);
        chmodSync(node, 0o755);
        editStarter(old.site, (text) => text.replace(/^NODE=$/m, `NODE=${node}`));
        await isExplained(old, 'Node 20.19 or later was not found', `${node}: ${version}`);
      },
    );

    test('Node does not run here', async () => {
      const broken = mistake('broken');
      const node = account.path('broken-node');
      account.write(
        '#!/bin/sh\necho "version \'GLIBC_2.28\' not found" >&2\nexit 1\n',
        'broken-node',
      );
      chmodSync(node, 0o755);
      editStarter(broken.site, (text) => text.replace(/^NODE=$/m, `NODE=${node}`));
      await isExplained(broken, `${node}: version 'GLIBC_2.28' not found`);
    });

    test('Node is missing, and Perl too', async () => {
      const { site, answer, log } = mistake('no-perl');
      editStarter(site, (text) =>
        text.replace(/^NODE=$/m, 'NODE=/nowhere/node').replace('exec perl ', 'exec /nowhere/perl '),
      );
      expect([500, 503]).toContain((await answer()).status);
      expect(log()).toContain('Node 20.19 or later was not found');
    });

    test('what was mended is found a few seconds later, without a restart', async () => {
      const mended = mistake('mended');
      editStarter(mended.site, (text) => text.replace(/^NODE=$/m, 'NODE=/nowhere/node'));
      await isExplained(mended);
      editStarter(mended.site, (text) => text.replace('NODE=/nowhere/node', 'NODE='));
      const look = async () => {
        while ((await mended.answer()).status !== 200) await pause(200, undefined, { ref: false });
      };
      await within('the application', look());
    });

    test('the application’s folder is another', async () => {
      const { site, answer } = mistake('folder');
      editStarter(site, (text) => text.replace('app-folder', 'nowhere'));
      const { status, text } = await answer();
      expect([status, text]).toEqual([
        503,
        expect.stringMatching(
          /There is no folder \.\.\/\.\.\/nowhere, seen from .*public_html\/folder/,
        ),
      ]);
      await server.logged('There is no folder ../../nowhere');
    });

    test('start.mjs is missing', async () => {
      const missing = mistake('start');
      rmSync(account.path('app-start/start.mjs'));
      await isExplained(missing, 'There is no file start.mjs in');
    });

    test('node_modules is missing', async () => {
      const missing = mistake('packages');
      rmSync(account.path('app-packages/node_modules'));
      await isExplained(missing, 'There is no folder node_modules in');
    });

    test('app.js throws while it is loaded', async () => {
      const throwing = mistake('throws');
      account.write("throw new Error('The cellar is flooded');", 'app-throws/app.js');
      const { status, text } = await throwing.answer();
      expect([status, text]).toEqual([503, 'The application cannot start. Its log says why.\n']);
      expect(throwing.log()).toMatch(/Error: The cellar is flooded\n +at .*app-throws\/app\.js/);
    });

    test('app.js does so only after a while, mended meanwhile', async () => {
      const throwing = mistake('mended-app');
      account.write("throw new Error('The cellar is flooded');", 'app-mended-app/app.js');
      expect((await throwing.answer()).status).toBe(503);
      account.write(`module.exports = ${HEALTHY};`, 'app-mended-app/app.js');
      const look = async () => {
        // Express has no page there.
        while ((await throwing.answer()).status !== 404)
          await pause(200, undefined, { ref: false });
      };
      await within('the application', look());
    });

    test('app.js exports nothing', async () => {
      const { answer, log } = mistake('nothing');
      account.write(`const app = ${HEALTHY};`, 'app-nothing/app.js');
      expect((await answer()).status).toBe(503);
      expect(log()).toContain('app.js has no application');
    });

    test('app.js listens by itself, as another copy does', async () => {
      const { site, log } = mistake('listens');
      await listening(createServer(), async (other) => {
        const { port } = other.address() as { port: number };
        account.write(
          `const app = ${HEALTHY};\napp.listen(${port}, '127.0.0.1', (error) => { if (error) throw error; });\nmodule.exports = app;`,
          `app-${site}/app.js`,
        );
        const asking = send(`${server.origin}/${site}/`);
        const look = async () => {
          while (!log().includes('EADDRINUSE')) await pause(20, undefined, { ref: false });
        };
        await within('EADDRINUSE in the log', look());
        asking.abandon();
      });
    });

    test('the folder has a space in its name', async () => {
      account.addSite('my shop');
      expect((await ask(`${server.origin}/my%20shop/`)).status).toBe(500);
    });

    test('a body is larger than FcgidMaxRequestLen', async () => {
      const { status } = await ask(`${server.origin}/`, {
        method: 'POST',
        body: 'x'.repeat(128 * 1024 + 1),
      });
      expect(status).toBe(500);
      await server.logged('exceeds MaxRequestLen (131072)');
    });

    test('a path has %2F, and the host’s AllowEncodedSlashes is off', async () => {
      const { status, headers } = await ask(server.origin, { path: '/a%2Fb' });
      expect([status, headers['x-powered-by']]).toEqual([404, undefined]);
      // The application has a page of its own for what it has not.
      const other = await ask(server.origin, { path: '/a?b=%2F' });
      expect([other.status, other.headers['x-powered-by']]).toEqual([404, 'Express']);
    });

    test('the log cannot be written', async () => {
      const { answer } = mistake('log');
      rmSync(account.path('app-log/logs'), { recursive: true, force: true });
      // Not even root writes into a folder that is a file.
      account.write('', 'app-log/logs');
      expect((await answer()).status).toBe(200);
      await server.logged(`app.fcgi: cannot write ${account.path('app-log/logs/app.log')}`);
    });
  },
);

describeWith(
  'mistakes of a host, as docs/shared-hosting.md tells of them',
  [APACHE, MOD_FCGID],
  () => {
    async function hosted(options: HostOptions, look: (server: RunningWebServer) => Promise<void>) {
      const own = await Account.make();
      own.follow('Setting it up');
      const server = await startHost(own, options);
      try {
        await look(server);
      } finally {
        await server.stop();
        own.remove();
      }
    }

    test.each([
      ['AllowOverride without Options', { allowOverride: 'FileInfo' }, 'Options not allowed here'],
      [
        'AllowOverride without ExecCGI',
        { allowOverride: 'FileInfo Options=Indexes' },
        'Option ExecCGI not allowed here',
      ],
      [
        'AllowOverride without MultiViews',
        { allowOverride: 'FileInfo Options=ExecCGI' },
        'Option MultiViews not allowed here',
      ],
      ['mod_rewrite is missing', { without: 'rewrite' }, "Invalid command 'RewriteEngine'"],
    ])('%s', async (_, options, text) => {
      await hosted(options, async (server) => {
        expect((await ask(`${server.origin}/page`)).status).toBe(500);
        await server.logged(text);
      });
    });

    test('AllowOverride None', async () => {
      await hosted({ allowOverride: 'None' }, async (server) => {
        expect((await ask(`${server.origin}/page`)).status).toBe(404);
      });
    });

    test('AllowOverride FileInfo Options=ExecCGI,MultiViews is enough', async () => {
      await hosted({ allowOverride: 'FileInfo Options=ExecCGI,MultiViews' }, async (server) => {
        // There is no app.js yet: whoever says so was started.
        expect((await ask(`${server.origin}/page`)).status).toBe(503);
      });
    });
  },
);
