import { existsSync } from 'node:fs';

/** A program, or a module of one, that a test needs. */
export interface Program {
  readonly path: string;
  /** The Debian package that has it. */
  readonly package: string;
}

/**
 * `describe` for tests that need programs. Without one of them a single test is reported as skipped, and
 * its title says what is missing; with `FCGI_FRONTENDS=required` it fails.
 */
export function describeWith(name: string, programs: readonly Program[], body: () => void): void {
  const missing = programs.filter(({ path }) => !existsSync(path));
  describe(name, missing.length === 0 ? body : () => reportMissing(name, missing));
}

function reportMissing(name: string, missing: readonly Program[]): void {
  const what = missing.map(({ path }) => path).join(' and ');
  const title = `needs ${what}, not installed here`;
  if (process.env.FCGI_FRONTENDS !== 'required') {
    // jest names the tests of a file only if one of them ran.
    console.warn(`Skipped: ${name} ${title}`);
    test.skip(title, () => {});
    return;
  }
  test(title, () => {
    const packages = missing.map((program) => program.package).join(' ');
    throw new Error(`FCGI_FRONTENDS=required, but ${what} is missing: apt-get install ${packages}`);
  });
}
