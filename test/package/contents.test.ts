import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Installed, installTarball, repository } from './tarball.ts';

const run = promisify(execFile);

let installed: Installed;

beforeAll(async () => {
  installed = await installTarball();
});

afterAll(() => installed?.remove());

interface PackageJson {
  readonly exports: Record<string, string | Record<string, string>>;
  readonly types: string;
  readonly bin?: string | Record<string, string>;
  readonly [field: string]: unknown;
}

const folders = (path: string) =>
  readdirSync(join(repository, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

const inPackage = (path: string) => join(installed.project, 'node_modules/fcgi', path);

const packageJson = (): PackageJson => JSON.parse(readFileSync(inPackage('package.json'), 'utf8'));

/** Runs a module in the project that has the package, and returns what it says. */
async function evaluate(code: string, ...flags: string[]): Promise<unknown> {
  const args = [...flags, '--input-type=module', '--eval', code];
  const { stdout } = await run(process.execPath, args, { cwd: installed.project });
  return JSON.parse(stdout);
}

describe('the tarball', () => {
  test('holds what its users need, and no more', () => {
    const expected =
      /^(dist\/.+\.(js|d\.ts)|docs\/.+|deploy\/.+|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md|package\.json)$/;
    expect(installed.files.filter((path) => !expected.test(path))).toEqual([]);
    expect(installed.files).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'dist/index.js']),
    );
  });

  test('has a declaration file for each way in, and a file for each layer', () => {
    const ways = ['dist/index', 'dist/protocol/index'];
    for (const way of ways) {
      expect(installed.files).toEqual(expect.arrayContaining([`${way}.js`, `${way}.d.ts`]));
    }
    const programs = ['dist/cli/main.js', 'dist/cli/watch/watched-main.js'];
    const layers = ['errors', ...folders('src')].map((name) => `dist/layers/${name}.js`);
    const modules = installed.files.filter((path) => path.endsWith('.js') && /^dist/.test(path));
    const expected = [...ways.map((way) => `${way}.js`), ...programs, ...layers];
    expect([...modules].sort()).toEqual(expected.sort());
  });

  test('holds relative imports of files that are in it', () => {
    for (const path of installed.files) {
      const [kind] = /\.(js|d\.ts)$/.exec(path) ?? [];
      if (!kind) continue;
      const code = readFileSync(inPackage(path), 'utf8');
      for (const [, target] of code.matchAll(/(?:from|import\() ?['"](\.[^'"]+)['"]/g)) {
        const file = join(path, '..', target as string).replace(/\.(ts|js)$/, kind);
        expect([path, target, existsSync(inPackage(file))]).toEqual([path, target, true]);
      }
    }
  });
});

describe('package.json', () => {
  test('names files that are there', () => {
    const { exports, types, bin = {} } = packageJson();
    const targets = [
      ...Object.values(exports).flatMap((target) =>
        typeof target === 'string' ? [target] : Object.values(target),
      ),
      ...(typeof bin === 'string' ? [bin] : Object.values(bin)),
      types,
    ];
    for (const target of targets)
      expect([target, existsSync(inPackage(target))]).toEqual([target, true]);
  });

  test('names no other package: the library is a folder that can be copied', () => {
    const json = packageJson();
    for (const field of ['dependencies', 'optionalDependencies', 'peerDependencies']) {
      expect(json[field] ?? {}).toEqual({});
    }
    for (const field of ['bundleDependencies', 'bundledDependencies']) {
      expect(json[field] ?? []).toEqual([]);
    }
  });

  test('runs nothing when the package is installed', () => {
    const { scripts } = packageJson() as { scripts?: Record<string, string> };
    for (const name of ['preinstall', 'install', 'postinstall']) {
      expect(scripts ?? {}).not.toHaveProperty(name);
    }
  });
});

test('package-lock.json holds no addresses of a registry', () => {
  const lock = readFileSync(join(repository, 'package-lock.json'), 'utf8');
  expect(lock.match(/"resolved":.*/g) ?? []).toEqual([]);
  expect(lock).not.toMatch(/\/\/[^"]*registry/);
});

describe('the command', () => {
  const command = () => join(installed.project, 'node_modules/.bin/fcgi');

  test('is there by its name, and can be run', async () => {
    const { stdout } = await run(command(), ['--version']);
    expect(stdout).toBe(`${packageJson().version}\n`);
  });

  test('finds the configurations of the package', async () => {
    const { stdout } = await run(command(), ['config', 'nginx']);
    expect(stdout).toBe(readFileSync(join(repository, 'deploy/nginx/socket.conf'), 'utf8'));
  });

  test('serves a Handler class of the package that the application has', async () => {
    const file = join(installed.project, 'handler.mjs');
    writeFileSync(
      file,
      `import { Handler } from 'fcgi';
      export default class extends Handler {
        handle() { return this.sendResponse(200, 'text/plain', 'hello'); }
      }`,
    );
    const env = { ...process.env, GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'GET' };
    // The built command of the repository is another copy.
    const main = join(repository, 'dist/cli/main.js');
    for (const program of [command(), main]) {
      const { stdout } = await run(process.execPath, [program, 'serve', file], { env });
      expect(stdout).toMatch(/\r\n\r\nhello$/);
    }
  });
});

describe('the modules', () => {
  test.each(['fcgi', 'fcgi/protocol'])(
    'of %s are the same from import and from require()',
    async (name) => {
      expect(
        await evaluate(`
        import { createRequire } from 'node:module';
        const imported = await import('${name}');
        const required = createRequire(import.meta.url)('${name}');
        const names = Object.keys(imported).filter((key) => imported[key] !== required[key]);
        console.log(JSON.stringify({ names, count: Object.keys(imported).length > 0 }));
      `),
      ).toEqual({ names: [], count: true });
    },
  );

  test('cannot be reached past the exports', async () => {
    expect(
      await evaluate(`
        const error = await import('fcgi/dist/layers/server.js').catch((error) => error);
        console.log(JSON.stringify(error.code));
      `),
    ).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  test('of fcgi/protocol load no module of Node: it is bytes in, values out', async () => {
    // console.log() would load some; so does evaluating a module, hence the first, empty one.
    const loaded = await evaluate(`
      import { writeSync } from 'node:fs';
      await import('data:text/javascript,');
      const before = new Set(process.moduleLoadList);
      await import('fcgi/protocol');
      const after = process.moduleLoadList.filter((name) => !before.has(name));
      writeSync(1, JSON.stringify({ after, net: process.moduleLoadList.includes('NativeModule net') }));
    `);
    const { after, net } = loaded as { after: string[]; net: boolean };
    expect(after.filter((name) => /^NativeModule (?!internal\/)/.test(name))).toEqual([]);
    expect(net).toBe(false);
  });

  test('of fcgi do not say anything when they are loaded', async () => {
    const { stdout, stderr } = await run(
      process.execPath,
      ['--input-type=module', '--trace-warnings', '--eval', "await import('fcgi')"],
      { cwd: installed.project },
    );
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
  });
});
