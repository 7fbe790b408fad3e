import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface LockedPackage {
  readonly version?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const text = readFileSync(join(__dirname, '../../package-lock.json'), 'utf8');
const packages = Object.entries<LockedPackage>(JSON.parse(text).packages);
const installed = packages.map(([path]) => path);

test('names no registry', () => {
  expect(text).not.toMatch(/"resolved"|https?:\/\/registry/);
});

// Tools bring their binary as one optional package for each platform; npm ci wants all of them named.
test('holds the optional packages of every platform', () => {
  const wanted = packages.flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).map((name) => ({ path, name })),
  );
  const missing = wanted.filter(
    ({ name }) => !installed.some((path) => path.endsWith(`node_modules/${name}`)),
  );
  expect(wanted.length).toBeGreaterThan(0);
  expect(missing).toEqual([]);
});
