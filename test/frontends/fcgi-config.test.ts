import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fcgi } from '../cli/support/command.ts';
import { describeWith } from './support/requirement.ts';
import { checkers, complaints, XSENDFILE } from './support/syntax-checkers.ts';

const deploy = join(__dirname, '../../deploy');

/** What is copied to somewhere else than a web server: `fcgi config` prints it all the same. */
const OTHERS = ['docker', 'kubernetes', 'h2o', 'mod_fcgid'];

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-config-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const folders = readdirSync(deploy);

test('each folder of deploy/ has a check', () => {
  const known = [...Object.keys(checkers), ...OTHERS];
  expect(folders.filter((name) => !known.includes(name))).toEqual([]);
});

/** The variants of a server, each alone and with values of another application. */
function commandLines(server: string): string[][] {
  if (server === 'systemd') return [[], ['--socket', '10.0.0.5:9100'], ['--app', '/opt/shop']];
  if (server === 'htaccess') return [[]];
  const names = readdirSync(join(deploy, server)).map((name) => name.replace(/\.[^.]+$/, ''));
  const mounted = ['--base', '/shop', '--server-name', 'shop.example.org'];
  return [
    ...names.map((name) => ['--variant', name]),
    ['--socket', '/run/shop/shop.sock', '--base', '/shop'],
    ['--socket', '10.0.0.5:9100'],
    ...(server === 'lighttpd' ? [] : [mounted]),
  ];
}

const present = Object.keys(checkers).filter((server) =>
  folders.includes(server === 'htaccess' ? 'mod_fcgid' : server),
);

describe.each(present)('fcgi config %s', (server) => {
  const checker = checkers[server] as (typeof checkers)[string];

  for (const args of commandLines(server)) {
    const programs = [checker.program, ...(args.includes('x-sendfile') ? [XSENDFILE] : [])];
    describeWith(`${args.join(' ')} and ${server}'s own check`, programs, () => {
      test('agree', async () => {
        const { code, stdout, stderr } = await fcgi(['config', server, ...args]);
        expect([code, stderr]).toEqual([0, '']);
        expect(await complaints(checker, stdout, folder)).toBe('');
      });
    });
  }

  describeWith(`and ${server}'s own check`, [checker.program], () => {
    test('do not agree on what is none', async () => {
      const { stdout } = await fcgi(['config', server]);
      const broken = `${stdout}\n}}} no [directive\n`;
      expect(await complaints(checker, broken, folder)).not.toBe('');
    });
  });
});
