import { realpathSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';

/** A file that the web server may send. */
export interface Place {
  /** Its path without symbolic links. */
  readonly path: string;
  /** Its address in the web server, encoded as in a URL. */
  readonly uri: string;
}

/** Folders whose files the web server may send, and the address of each in the web server. */
export class Folders {
  readonly #folders: readonly { readonly folder: string; readonly prefix: string }[];

  /**
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, or {RangeError} `ERR_OUT_OF_RANGE`, for what are no absolute
   *   paths of folders, or no paths of URLs
   */
  constructor(folders: Readonly<Record<string, string>>) {
    if (typeof folders !== 'object' || folders === null) {
      throw invalid(TypeError, 'ERR_INVALID_ARG_TYPE', 'an object of folders', folders);
    }
    this.#folders = Object.entries(folders).map(([folder, uri]) => {
      if (!isAbsolute(folder)) throw invalid(RangeError, 'ERR_OUT_OF_RANGE', 'absolute', folder);
      if (typeof uri !== 'string') {
        throw invalid(TypeError, 'ERR_INVALID_ARG_TYPE', 'an object of paths', uri);
      }
      if (!/^\/[\x21-\x7e]*$/.test(uri)) {
        throw invalid(RangeError, 'ERR_OUT_OF_RANGE', 'to an encoded path that begins with /', uri);
      }
      return { folder: resolve(folder), prefix: uri.replace(/\/+$/, '') };
    });
  }

  /**
   * Where the web server finds a file. Links are followed first, so that none leads out of the folders; links that
   * change are followed anew each time, as those by which a new release is put in place.
   *
   * @returns undefined for a file that is in none of the folders, or that is not there
   */
  find(file: string): Place | undefined {
    const path = realPath(file);
    if (path === undefined) return undefined;
    const places = this.#folders.flatMap(({ folder, prefix }) => {
      const within = pathWithin(realPath(folder), path);
      return within === undefined ? [] : [{ path, uri: `${prefix}/${within}`, within }];
    });
    // The innermost folder knows best.
    return places.sort((a, b) => a.within.length - b.within.length)[0];
  }
}

/** A path as it stands in a URL or in a header: each name encoded. */
export function encodePath(path: string): string {
  return path.split(sep).map(encodeURIComponent).join('/');
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}

function pathWithin(folder: string | undefined, path: string): string | undefined {
  if (folder === undefined) return undefined;
  const within = relative(folder, path);
  const outside = within === '' || isAbsolute(within) || within.split(sep)[0] === '..';
  return outside ? undefined : encodePath(within);
}

function invalid(
  Class: typeof TypeError | typeof RangeError,
  code: string,
  expected: string,
  value: unknown,
): Error {
  const message = `The folders of accel() must be ${expected}, not ${JSON.stringify(value)}`;
  return Object.assign(new Class(message), { code });
}
