import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './tarball.ts';

/** The path that the README's example listens on. */
const README_SOCKET = '/run/app/app.sock';

/** The README's first example of a server, listening on another path. */
export function readmeExample(socketPath: string): string {
  const readme = readFileSync(join(repository, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code as string);
  const example = blocks.find((code) => code.includes('createServer'));
  if (!example) throw new Error('README.md has no example of a server');
  if (!example.includes(README_SOCKET)) {
    throw new Error(`README.md's example does not listen on ${README_SOCKET}`);
  }
  return example.replaceAll(README_SOCKET, socketPath);
}

/** The same program for CommonJS: `import` becomes `require`. */
export function withRequire(code: string): string {
  return code
    .replace(/^import \* as (\w+) from ('.*?'|".*?");?$/gm, 'const $1 = require($2);')
    .replace(/^import (\w+) from ('.*?'|".*?");?$/gm, 'const $1 = require($2);')
    .replace(
      /^import \{([^}]*)\} from ('.*?'|".*?");?$/gm,
      (_, names: string, name: string) =>
        `const {${names.replaceAll(' as ', ': ')}} = require(${name});`,
    );
}

/** The same program for TypeScript's CommonJS, which keeps its types. */
export function withImportRequire(code: string): string {
  return code.replace(
    /^import (?:\* as )?(\w+) from ('.*?'|".*?");?$/gm,
    'import $1 = require($2);',
  );
}
