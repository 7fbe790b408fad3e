import { posix, resolve } from 'node:path';
import type { RequestVariables } from '../../cgi/request-variables.ts';
import { asBytes } from './request-headers.ts';

const SCRIPT_AND_REST = /^(.*?\.php)(\/.*)?$/s;

/**
 * Names the script file below a document root, as a web server does for php-fpm: the path up to the first
 * part that ends in `.php`, `index.php` in a folder, and what follows as PATH_INFO.
 *
 * @param root relative to the current folder
 */
export function scriptVariables(
  root: string,
  { PATH_INFO = '' }: RequestVariables,
): RequestVariables {
  // Dot segments must not lead out of the root.
  const path = posix.normalize(PATH_INFO || '/');
  const [, script = path, rest = ''] = SCRIPT_AND_REST.exec(path) ?? [];
  const name = script.endsWith('/') ? `${script}index.php` : script;
  const folder = asBytes(resolve(root));
  return {
    DOCUMENT_ROOT: folder,
    SCRIPT_FILENAME: folder + name,
    SCRIPT_NAME: name,
    DOCUMENT_URI: name + rest,
    PATH_INFO: rest,
  };
}
