import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const repository = resolve(__dirname, '../..');

/** What a build and a tarball are made of; what is not there yet is passed over. */
const SOURCES = [
  'src',
  'deploy',
  'docs',
  'deploy',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'build.js',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  '.gitignore',
  '.npmrc',
];

/** The package in an empty folder, as its users have it. */
export interface Installed {
  /** The folder of the project that uses the package. */
  readonly project: string;
  /** Paths of the files in the tarball. */
  readonly files: readonly string[];
  /** Removes all folders. */
  remove(): void;
}

/**
 * Builds, packs and installs the package.
 *
 * All of it happens in a copy, since other tests use the repository's own `dist`, and without a network.
 */
export async function installTarball(): Promise<Installed> {
  const root = mkdtempSync(join(tmpdir(), 'fcgi-package-'));
  const source = join(root, 'source');
  const project = join(root, 'project');
  for (const name of SOURCES) {
    const from = join(repository, name);
    if (existsSync(from)) cpSync(from, join(source, name), { recursive: true });
  }
  symlinkSync(join(repository, 'node_modules'), join(source, 'node_modules'));
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "private": true }\n');
  try {
    const packed = await npm(source, 'pack', '--json', '--silent', '--pack-destination', root);
    const [tarball] = JSON.parse(packed.slice(packed.indexOf('['))) as [
      { filename: string; files: { path: string }[] },
    ];
    await npm(project, 'install', '--silent', join(root, tarball.filename));
    return {
      project,
      files: tarball.files.map(({ path }) => path),
      remove: () => rmSync(root, { recursive: true, force: true }),
    };
  } catch (error) {
    rmSync(root, { recursive: true, force: true });
    throw error;
  }
}

/** Gives the project a package of the repository's own, instead of one from a registry. */
export function linkPackage(project: string, name: string): void {
  const link = join(project, 'node_modules', name);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(join(repository, 'node_modules', name), link);
}

/** Runs the repository's TypeScript compiler on a file of the project; returns what it complains of. */
export async function typeCheck(project: string, file: string): Promise<string> {
  const tsc = join(repository, 'node_modules/typescript/bin/tsc');
  const flags = '--noEmit --strict --exactOptionalPropertyTypes --module nodenext --target es2023';
  const args = [...flags.split(' '), '--types', 'node', '--pretty', 'false', file];
  try {
    await run(process.execPath, [tsc, ...args], { cwd: project });
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

async function npm(cwd: string, ...args: string[]): Promise<string> {
  const offline = ['--offline', '--no-audit', '--no-fund', '--no-update-notifier'];
  const { stdout } = await run('npm', [...args, ...offline], {
    cwd,
    shell: process.platform === 'win32',
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout;
}
