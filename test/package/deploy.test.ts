import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { describeWith, type Program } from '../frontends/support/requirement.ts';

const SYSTEMD_ANALYZE: Program = { path: '/usr/bin/systemd-analyze', package: 'systemd' };

const root = join(__dirname, '../..');
const files = readdirSync(join(root, 'deploy'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(join(root, 'deploy').length + 1))
  .sort();
const read = (file: string) => readFileSync(join(root, 'deploy', file), 'utf8');

/** What a configuration says: its lines without comments and indentation. */
const says = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

/** Whether a file has these lines, in this order. */
function has(file: string, quote: readonly string[]): boolean {
  const lines = says(read(file));
  let at = -1;
  return quote.every((line) => {
    at = lines.indexOf(line, at + 1);
    return at >= 0;
  });
}

describe('each file of deploy/', () => {
  // The others of that folder are a shared host's: test/frontends/shared-hosting-files.test.ts.
  const configurations = files.filter(
    (file) => !file.startsWith('mod_fcgid/') || file.endsWith('.conf'),
  );

  test.each(configurations)('%s begins by saying what it is for, and where it goes', (file) => {
    const [first, ...more] = read(file).split('\n', 4);
    expect(first).toMatch(/^# [A-Z0-9a-z]+[ ,]/);
    expect(more.join('\n')).toMatch(/^# .*(Copy|kubectl apply)/m);
  });

  test.each(configurations)('%s and a page of docs/ lead to each other', (file) => {
    const page = readFileSync(join(root, 'docs/web-servers.md'), 'utf8');
    const named = page.includes(`(../deploy/${file})`);
    expect(named || /docs\/[\w-]+\.md/.test(read(file))).toBe(true);
  });

  const tests = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(root, 'test', name), 'utf8'));

  test.each(configurations)('%s is used by a test', (file) => {
    expect(tests.some((text) => text.includes(`'${file}'`))).toBe(true);
  });
});

const LANGUAGES = 'nginx|apache|lighttpd|caddyfile|haproxy|yaml|ini|dockerfile';
// What docs/shared-hosting.md has a person write, its own tests take from the page.
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name !== 'shared-hosting.md')
    .map((name) => `docs/${name}`),
];
const quotes = pages
  .filter((page) => page.endsWith('.md'))
  .flatMap((page) => {
    const text = readFileSync(join(root, page), 'utf8');
    const blocks = text.matchAll(new RegExp(`^\`\`\`(?:${LANGUAGES})\\n([\\s\\S]*?)^\`\`\``, 'gm'));
    return [...blocks].map(([, code]) => ({ page, code: code as string }));
  });

test.each(quotes)('the configuration in $page is a part of a file in deploy/', ({ code }) => {
  const quote = says(code);
  expect(quote).not.toEqual([]);
  expect(files.filter((file) => has(file, quote))).not.toEqual([]);
});

/** The sections of a unit file: the values of each key. */
function unit(file: string): Record<string, string[]> {
  const values: Record<string, string[]> = {};
  for (const line of read(file).split('\n')) {
    const [, key = '', value = ''] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (key !== '') values[key] = [...(values[key] ?? []), value];
  }
  return values;
}

describe('the units of systemd', () => {
  test('fit together: the socket is the one that web servers open', () => {
    expect(unit('systemd/app.socket').ListenStream).toEqual(['/run/app/app.sock']);
    expect(unit('systemd/app.service').Requires).toEqual(['app.socket']);
    expect(read('nginx/socket.conf')).toContain('unix:/run/app/app.sock;');
  });

  // There is no systemd that runs them: test/frontends/restart.test.ts passes a socket as it does.
  describeWith('systemd-analyze', [SYSTEMD_ANALYZE], () => test('accepts them', verify));

  function verify(): void {
    const paths = ['app.socket', 'app.service'].map((name) => join(root, 'deploy/systemd', name));
    const run = () =>
      execFileSync('/usr/bin/systemd-analyze', ['verify', '--man=no', ...paths], { stdio: 'pipe' });
    const complaints = complaintsOf(run).split('\n');
    // The program is not on this machine, nor need node be where Debian has it.
    const real = complaints.filter(
      (line) => line.includes('app.s') && !/is not executable: No such file/.test(line),
    );
    expect(real).toEqual([]);
  }
});

function complaintsOf(run: () => unknown): string {
  try {
    run();
    return '';
  } catch (error) {
    return String((error as { stderr?: Buffer }).stderr);
  }
}

/* No container engine and no cluster: the image is not built, the manifest not applied. */

describe('the Dockerfile', () => {
  const instructions = read('docker/Dockerfile')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(' ', 1)[0]);

  test('has known instructions only, from the image to the command', () => {
    const known = ['FROM', 'WORKDIR', 'ENV', 'COPY', 'RUN', 'USER', 'EXPOSE', 'CMD'];
    expect(instructions.filter((name) => !known.includes(name as string))).toEqual([]);
    expect([instructions[0], instructions.at(-1)]).toEqual(['FROM', 'CMD']);
  });

  test('takes a line of Node that the package supports, and starts node itself', () => {
    const [, major] = /^FROM node:(\d+)/m.exec(read('docker/Dockerfile')) ?? [];
    expect(Number(major)).toBeGreaterThanOrEqual(20);
    const [, command = '[]'] = /^CMD (.*)$/m.exec(read('docker/Dockerfile')) ?? [];
    expect(JSON.parse(command)).toEqual(['node', 'app.js']);
  });
});

describe('the manifest for Kubernetes', () => {
  const documents = parseAllDocuments(read('kubernetes/app.yaml'));
  const objects = documents.map((document) => document.toJS());
  const find = (kind: string) => objects.find((object) => object.kind === kind);

  test('is YAML without errors, of objects with a kind and a name', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'Deployment app',
      'Service app',
      'NetworkPolicy app',
      'Ingress app',
    ]);
  });

  test('has one port all the way, which is the one of the image', () => {
    const [, exposed] = /^EXPOSE (\d+)$/m.exec(read('docker/Dockerfile')) ?? [];
    const [container] = find('Deployment').spec.template.spec.containers;
    expect(container.ports).toEqual([{ name: 'fastcgi', containerPort: Number(exposed) }]);
    expect(container.readinessProbe.tcpSocket.port).toBe('fastcgi');
    const [port] = find('Service').spec.ports;
    expect(port).toEqual({ name: 'fastcgi', port: Number(exposed), targetPort: 'fastcgi' });
    expect(find('NetworkPolicy').spec.ingress[0].ports).toEqual([{ port: 'fastcgi' }]);
    const [path] = find('Ingress').spec.rules[0].http.paths;
    expect(path.backend.service).toEqual({ name: 'app', port: { name: 'fastcgi' } });
  });

  test('selects the pods that it makes', () => {
    const { selector, template } = find('Deployment').spec;
    expect(template.metadata.labels).toEqual(selector.matchLabels);
    expect(find('Service').spec.selector).toEqual(selector.matchLabels);
    expect(find('NetworkPolicy').spec.podSelector.matchLabels).toEqual(selector.matchLabels);
  });

  test('asks ingress-nginx for FastCGI', () => {
    expect(find('Ingress').metadata.annotations).toMatchObject({
      'nginx.ingress.kubernetes.io/backend-protocol': 'FCGI',
    });
  });
});
