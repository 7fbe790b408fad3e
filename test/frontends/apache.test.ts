import { plainCgiRules } from './behaviours/plain-cgi.ts';
import { APACHE, MOD_FCGID, startApacheWithPrograms } from './support/apache.ts';
import { gone, useHost } from './support/host.ts';
import { ask, send } from './support/http-client.ts';
import { describeWith } from './support/requirement.ts';

// Apache with mod_proxy_fcgi: web-servers.test.ts.

/** The header of HTTP's Basic scheme. */
const basic = (user: string) => ({
  Authorization: `Basic ${Buffer.from(`${user}:secret`).toString('base64')}`,
});

describeWith('Apache, programs that it starts', [APACHE, MOD_FCGID], () => {
  const rule = useHost(startApacheWithPrograms);

  rule('mod_fcgid starts an application with its socket on file descriptor 0', async (host) => {
    const first = JSON.parse((await ask(`${host.origin}/app.fcgi/process`)).text);
    const second = JSON.parse((await ask(`${host.origin}/app.fcgi/process`)).text);
    expect(first).toMatchObject({ greeting: 'from Apache', folder: `${host.folder}/www` });
    expect(second.pid).toBe(first.pid);
  });

  rule('mod_fcgid starts a process for each of 3 requests at once', async (host) => {
    const gate = await host.gate();
    const all = Array.from({ length: 3 }, () =>
      ask(`${host.origin}/app.fcgi/pass?gate=${gate.path}`),
    );
    const pids = await gate.arrived(3);
    gate.open();
    expect(new Set(pids).size).toBe(3);
    const answers = await Promise.all(all);
    expect(answers.map(({ status, text }) => `${status} ${text}`).sort()).toEqual(
      pids.map((pid) => `200 Passed in process ${pid}`).sort(),
    );
  });

  rule('a process that mod_fcgid tells to end finishes its request first', async (host) => {
    const gate = await host.gate();
    const held = send(`${host.origin}/app.fcgi/pass?gate=${gate.path}`);
    const [pid = 0] = await gate.arrived(1);
    process.kill(pid, 'SIGTERM');
    // Another process serves meanwhile.
    const other = JSON.parse((await ask(`${host.origin}/app.fcgi/process`)).text);
    expect(other.pid).not.toBe(pid);
    gate.open();
    const { status, text } = await held.answer();
    expect([status, text]).toEqual([200, `Passed in process ${pid}`]);
    await gone(pid);
  });

  rule('serves a file that FcgidAuthorizer allows, and knows its Variable-*', async (host) => {
    const { status, text, headers } = await ask(`${host.origin}/members/list.txt`, {
      headers: basic('bob'),
    });
    expect([status, text]).toEqual([200, 'Alice, Bob']);
    const asked = ['AUTHENTICATOR', 'AUTHORIZER'].map((role) => `${role}: GET /members/list.txt`);
    expect(headers['x-seen']).toBe(asked.join(', '));
  });

  rule('serves no file that FcgidAuthorizer denies', async (host) => {
    const url = `${host.origin}/members/list.txt`;
    const answers = [await ask(url), await ask(url, { headers: basic('mallory') })];
    for (const { status, text } of answers) {
      expect(status).toBe(401);
      expect(text).not.toContain('Alice');
    }
  });

  rule('serves a file only if FcgidAccessChecker allows it', async (host) => {
    const url = `${host.origin}/guests/list.txt`;
    const allowed = await ask(url, { headers: { 'X-Member': 'bob' } });
    expect([allowed.status, allowed.text]).toEqual([200, 'Alice, Bob']);
    for (const headers of [{}, { 'X-Member': 'mallory' }]) {
      const { status, text } = await ask(url, { headers });
      expect([401, 403]).toContain(status);
      expect(text).not.toContain('Alice');
    }
  });

  plainCgiRules(rule);
});
