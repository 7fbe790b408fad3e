import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { servers } from '../../src/cli/config/files.ts';
import { run } from '../../src/cli/run.ts';
import { textIn } from '../program/serve-host.ts';
import { fcgi, ONE_LINE } from './support/command.ts';
import { CommandProcess, hostOf, runHere } from './support/host.ts';

const deploy = join(__dirname, '../../deploy');
const file = (name: string) => readFileSync(join(deploy, name), 'utf8');

/** What the command prints; it must succeed. */
async function config(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(['config', ...args]);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
}

async function refusal(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(['config', ...args]);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(ONE_LINE);
  return stderr;
}

test('without a server lists each folder and file of deploy/', async () => {
  const list = await config();
  for (const server of readdirSync(deploy)) {
    expect(list).toMatch(new RegExp(`^${server}$`, 'm'));
    for (const entry of readdirSync(join(deploy, server), { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const { name } = entry;
      const variant = name.replace(/(?<=.)\.[^.]+$/, '');
      expect(list).toMatch(new RegExp(`^  ${variant} `, 'm'));
    }
  }
});

test.each([
  ['nginx', 'nginx/socket.conf'],
  ['apache', 'apache/unix.conf'],
  ['lighttpd', 'lighttpd/connect.conf'],
  ['haproxy', 'haproxy/socket.cfg'],
  ['caddy', 'caddy/Caddyfile'],
])('%s is %s', async (server, name) => {
  expect(await config(server)).toBe(file(name));
});

test('systemd is the service and its socket', async () => {
  const both = `${file('systemd/app.service')}\n${file('systemd/app.socket')}`;
  expect(await config('systemd')).toBe(both);
  expect(await config('systemd', '--variant', 'app.socket')).toBe(file('systemd/app.socket'));
});

test('htaccess is the .htaccess of mod_fcgid, with which other files lie', async () => {
  const packageFolder = mkdtempSync(join(tmpdir(), 'fcgi-config-'));
  try {
    const folder = join(packageFolder, 'deploy/mod_fcgid');
    mkdirSync(folder, { recursive: true });
    mkdirSync(join(packageFolder, 'deploy/empty'));
    mkdirSync(join(folder, 'app'));
    const files = {
      '.htaccess': '# Rules\n',
      'app.fcgi': '#!/bin/sh\n# Starts\n',
      'start.mjs': '// Runs\n',
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const host = { ...hostOf(new CommandProcess()), packageFolder };
    const print = async (...args: string[]) => {
      const command = new CommandProcess();
      await run(['config', ...args], { ...hostOf(command), packageFolder });
      return textIn(command.stdout);
    };
    expect(await print('htaccess')).toBe('# Rules\n');
    expect(await print('htaccess', '--variant', 'app')).toBe('#!/bin/sh\n# Starts\n');
    expect(servers(host)).toEqual(['htaccess', 'mod_fcgid']);
    expect(await print()).toContain('  start        Runs\n');
  } finally {
    rmSync(packageFolder, { recursive: true, force: true });
  }
});

test('a package without the folder deploy is a line and exit code 1', async () => {
  const command = new CommandProcess();
  expect(await run(['config'], { ...hostOf(command), packageFolder: '/no/package' })).toBe(1);
  expect(textIn(command.stderr)).toBe('fcgi: The folder /no/package/deploy cannot be read\n');
});

test('--variant names another file', async () => {
  expect(await config('nginx', '--variant', 'keepalive')).toBe(file('nginx/keepalive.conf'));
  expect(await config('nginx', '--variant', 'keepalive.conf')).toBe(file('nginx/keepalive.conf'));
});

test('the built command prints the same', async () => {
  expect((await fcgi(['config', 'nginx'])).stdout).toBe(file('nginx/socket.conf'));
});

describe('the values of an application take the place of those in the files:', () => {
  test('the path of a socket', async () => {
    for (const server of ['nginx', 'apache', 'lighttpd', 'haproxy', 'caddy', 'systemd']) {
      const text = await config(server, '--socket', '/run/shop/s.sock');
      expect(text).toContain('/run/shop/s.sock');
      expect(text).not.toContain('/run/app/app.sock');
    }
  });

  test.each([
    ['nginx', 'fastcgi_pass 10.0.0.5:9100;'],
    ['apache', '"fcgi://10.0.0.5:9100/"'],
    ['lighttpd', '"host" => "10.0.0.5", "port" => 9100,'],
    ['haproxy', 'server app 10.0.0.5:9100 proto fcgi'],
    ['caddy', 'reverse_proxy 10.0.0.5:9100 {'],
    ['systemd', 'ListenStream=10.0.0.5:9100'],
  ])('a TCP address for %s', async (server, line) => {
    const text = await config(server, '--socket', '10.0.0.5:9100');
    expect(text).toContain(line);
    expect(text).not.toContain('/run/app/app.sock');
    expect(text).not.toContain('127.0.0.1:9000');
    expect(text).not.toContain('an application on a Unix socket');
  });

  test('the name of the site, the folders', async () => {
    const apache = await config('apache', '--server-name', 'shop.example.org');
    expect(apache).toContain('ServerName shop.example.org\n');
    const haproxy = await config('haproxy', '--root', '/srv/app-two/www');
    expect(haproxy).toContain('docroot /srv/app-two/www\n');
    const systemd = await config('systemd', '--app', '/opt/shop');
    expect(systemd).toContain('WorkingDirectory=/opt/shop\n');
  });

  test.each([
    ['nginx', 'location /shop/ {'],
    ['apache', 'ProxyPass "/shop/" "unix:/run/app/app.sock|fcgi://localhost/shop/" '],
    ['lighttpd', 'fastcgi.server = ( "/shop/" => (('],
    ['haproxy', 'acl is_app path_beg /shop/\n'],
    ['caddy', 'reverse_proxy /shop/* unix//run/app/app.sock {'],
    ['h2o', '      "/shop/":\n'],
  ])('the path under which it is mounted for %s', async (server, line) => {
    for (const base of ['/shop', '/shop/', 'shop']) {
      expect(await config(server, '--base', base)).toContain(line);
    }
  });

  test('locations that are the own ones of nginx stay', async () => {
    const text = await config('nginx', '--variant', 'x-accel', '--base', '/shop');
    expect(text).toContain('location /shop/ {');
    expect(text).toContain('location /protected/ {');
  });

  test('all at once, also values that hold what stands for another one', async () => {
    const args = ['--socket', '/srv/app/app.sock', '--server-name', 'app.example.org.example'];
    const text = await config('nginx', ...args, '--base', '/a');
    expect(text).toContain('server_name app.example.org.example;');
    expect(text).toContain('fastcgi_pass unix:/srv/app/app.sock;');
  });
});

describe('what makes no configuration is exit code 2:', () => {
  test('a server or a variant that there is not', async () => {
    expect(await refusal('iis')).toMatch(/There is no 'iis'; there are apache, caddy, /);
    expect(await refusal('nginx', '--variant', 'no')).toContain(
      "has no variant 'no'; there are balanced, ",
    );
  });

  test.each([
    ['systemd', '--base', '/shop'],
    ['systemd', '--server-name', 'shop.example.org'],
    ['nginx', '--root', '/srv/www'],
    ['nginx', '--base', '/'],
    ['apache', '--variant', 'tcp', '--socket', '/run/a.sock'],
    ['apache', '--variant', 'unix', '--socket', '10.0.0.5:9100'],
  ])('a value that has no place: %s %s %s', async (...args) => {
    expect(await refusal(...args)).toContain('has no place for --');
  });

  test.each([
    ['--socket', '/run/a.sock; include /etc/passwd'],
    ['--server-name', 'a b'],
    ['--base', '/shop"'],
    ['--server-name', '$host'],
  ])('a value that would be read as more than a value: %s %s', async (option, value) => {
    expect(await refusal('nginx', option, value)).toContain(`${option} '${value}' has characters`);
  });
});
