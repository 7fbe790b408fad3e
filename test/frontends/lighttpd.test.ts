import { plainCgiRules } from './behaviours/plain-cgi.ts';
import { useHost } from './support/host.ts';
import { ask } from './support/http-client.ts';
import { LIGHTTPD, startLighttpdWithPrograms } from './support/lighttpd.ts';
import { describeWith } from './support/requirement.ts';

// lighttpd in front of an application that runs by itself: web-servers.test.ts.

describeWith('lighttpd, programs that it starts', [LIGHTTPD], () => {
  const rule = useHost(startLighttpdWithPrograms);

  rule('starts an application with its socket on file descriptor 0', async (host) => {
    const first = JSON.parse((await ask(`${host.origin}/app/process`)).text);
    const second = JSON.parse((await ask(`${host.origin}/app/process`)).text);
    expect(first.greeting).toBe('from lighttpd');
    expect(second.pid).toBe(first.pid);
  });

  rule('gets 20 requests at once answered by the one process', async (host) => {
    const gate = await host.gate();
    const all = Array.from({ length: 20 }, () => ask(`${host.origin}/app/pass?gate=${gate.path}`));
    const pids = await gate.arrived(20);
    gate.open();
    expect(new Set(pids).size).toBe(1);
    const answers = await Promise.all(all);
    expect(answers.map(({ status, text }) => `${status} ${text}`)).toEqual(
      pids.map((pid) => `200 Passed in process ${pid}`),
    );
  });

  rule('serves a file that the authorizer allows', async (host) => {
    const allowed = await ask(`${host.origin}/members/list.txt`, {
      headers: { 'X-Member': 'bob' },
    });
    expect([allowed.status, allowed.text]).toEqual([200, 'Alice, Bob']);
  });

  rule('sends the answer of the authorizer that denies it', async (host) => {
    const unknown = await ask(`${host.origin}/members/list.txt`);
    expect([unknown.status, unknown.text]).toEqual([401, 'Who are you?']);
    expect(unknown.headers['www-authenticate']).toBe('Members');
    const denied = await ask(`${host.origin}/members/list.txt`, {
      headers: { 'X-Member': 'mallory' },
    });
    expect([denied.status, denied.text]).toEqual([403, 'Not you.']);
  });

  rule('hands what the authorizer says in Variable-* on to the program behind it', async (host) => {
    const { text } = await ask(`${host.origin}/members/me.cgi`, { headers: { 'X-Member': 'bob' } });
    expect(text).toBe('bob, AUTHORIZER: GET /members/me.cgi');
  });

  plainCgiRules(rule);
});
