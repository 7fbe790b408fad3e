import { DocumentRoot } from './document-root.ts';
import { toBytes } from './request-path.ts';

/** The files of a site, as php-fpm's. Without a `root` all requests go to the application. */
export interface SiteOptions {
  /** The folder that scripts and files lie in: nginx's `root`. @default none */
  readonly root?: string | undefined;
  /** What answers for a folder: names, the first that is there. @default 'index.php' */
  readonly index?: string | readonly string[] | undefined;
  /**
   * Which paths below the root are scripts, as `/blog/index.php`: only these are run, and they are never
   * sent. `false` if the application has no script files: it then gets every path that is no static file.
   * @default /\.php$/
   */
  readonly scripts?: RegExp | false | undefined;
  /**
   * A script for the paths that are neither script nor file nor folder, as `/index.php`: a front
   * controller, nginx's `try_files $uri $uri/ /index.php?$args`.
   * @default none
   */
  readonly fallback?: string | undefined;
  /** Whether files below the root that are no scripts are sent, to GET and HEAD. @default false */
  readonly static?: boolean | undefined;
  /** The root as the application sees it, as in a container of its own. @default root */
  readonly documentRoot?: string | undefined;
  /** Whether symbolic links are followed out of the root. Inside they always are. @default false */
  readonly followSymlinks?: boolean | undefined;
}

/** The options with every default filled in. */
export interface Site {
  readonly root: DocumentRoot | undefined;
  readonly index: readonly string[];
  readonly fallback: string | undefined;
  readonly static: boolean;
  /** As bytes; '' without a root. */
  readonly documentRoot: string;
  /** Whether paths that are no files go to the application. */
  readonly isApplication: boolean;
  isScript(path: string): boolean;
}

/**
 * Fills in the defaults.
 *
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` for an option of the wrong type, `ERR_INVALID_ARG_VALUE` for
 *   one that needs a `root`, an index that is no name, or a fallback that is no script
 */
export function resolveSite(options: SiteOptions): Site {
  checkTypes(options);
  const { root, index = 'index.php', scripts = /\.php$/, fallback } = options;
  if (root === undefined) requireNone(options);
  const names = typeof index === 'string' ? [index] : index;
  for (const name of names) requireName(name);
  const pattern = scripts && new RegExp(scripts.source, scripts.flags.replace(/[gy]/g, ''));
  const isScript = (path: string) => pattern !== false && pattern.test(path);
  if (fallback !== undefined && !(fallback.startsWith('/') && isScript(fallback))) {
    refuse('fallback', 'the path of a script, beginning with /', fallback);
  }
  const folder = root === undefined ? undefined : new DocumentRoot(root, !!options.followSymlinks);
  return {
    root: folder,
    index: names.map(toBytes),
    fallback: fallback && toBytes(fallback),
    static: options.static ?? false,
    documentRoot: toBytes(options.documentRoot ?? folder?.path ?? ''),
    isApplication: !folder || scripts === false,
    isScript,
  };
}

const types = {
  root: 'string',
  fallback: 'string',
  static: 'boolean',
  documentRoot: 'string',
  followSymlinks: 'boolean',
} as const;

function checkTypes(options: SiteOptions): void {
  for (const [name, type] of Object.entries(types)) {
    const value = options[name as keyof typeof types];
    if (value !== undefined && typeof value !== type) refuseType(name, `a ${type}`, value);
  }
  const { index, scripts } = options;
  const isNames = typeof index === 'string' || isStrings(index);
  if (index !== undefined && !isNames) refuseType('index', 'a string or an array of them', index);
  if (scripts !== undefined && scripts !== false && !(scripts instanceof RegExp)) {
    refuseType('scripts', 'a RegExp or false', scripts);
  }
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function requireNone(options: SiteOptions): void {
  for (const name of ['index', 'scripts', 'fallback', 'documentRoot'] as const) {
    if (options[name] !== undefined) refuse(name, 'given together with root', options[name]);
  }
  if (options.static) refuse('static', 'given together with root', true);
}

function requireName(name: string): void {
  if (!/^[^/\\\0]+$/.test(name)) refuse('index', 'a name of a file', name);
}

function refuse(name: string, expected: string, value: unknown): never {
  throw withCode(name, expected, value, 'ERR_INVALID_ARG_VALUE');
}

function refuseType(name: string, expected: string, value: unknown): never {
  throw withCode(name, expected, value, 'ERR_INVALID_ARG_TYPE');
}

function withCode(name: string, expected: string, value: unknown, code: string): TypeError {
  const message = `The option ${name} must be ${expected}, not ${JSON.stringify(value)}`;
  return Object.assign(new TypeError(message), { code });
}
