import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import { isFilePath, toText } from './request-path.ts';

/** A file or folder under the root. */
export interface Found {
  /** Where it really is: no part of it is a symbolic link. */
  readonly realPath: string;
  /** The same as a path below the root; its last part alone if it lies elsewhere. */
  readonly realName: string;
  readonly stats: Stats;
}

/** Errors that say: there is nothing of that name, or nothing to be shown. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EACCES', 'EPERM']);

/** The folder that a site's files lie in. */
export class DocumentRoot {
  /** Absolute, its own links not resolved. */
  readonly path: string;
  readonly #followSymlinks: boolean;

  constructor(path: string, followSymlinks: boolean) {
    this.path = resolve(path);
    this.#followSymlinks = followSymlinks;
  }

  /**
   * Looks a path up.
   *
   * @param path decoded, as bytes
   * @returns undefined if nothing is there, or it must not be looked at: a hidden file, one that cannot be
   *   read, one that a symbolic link leads to out of the root
   */
  async find(path: string): Promise<Found | undefined> {
    if (!isFilePath(path)) return undefined;
    try {
      return await this.#find(join(this.path, toText(path)));
    } catch (error) {
      if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw error;
    }
  }

  /** The root is resolved each time: a link to the current release may have changed. */
  async #find(path: string): Promise<Found | undefined> {
    const [root, realPath] = await Promise.all([realpath(this.path), realpath(path)]);
    const inside = realPath === root || realPath.startsWith(root.endsWith(sep) ? root : root + sep);
    if (!inside && !this.#followSymlinks) return undefined;
    const below = inside ? realPath.slice(root.length) : basename(realPath);
    const realName = `/${below.split(sep).filter(Boolean).join('/')}`;
    return { realPath, realName, stats: await stat(realPath) };
  }
}
