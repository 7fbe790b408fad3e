import type { DocumentRoot, Found } from './document-root.ts';
import { decodePath } from './request-path.ts';
import type { Site } from './site-options.ts';

/** What answers a path. */
export type Route =
  /** The application, for a path that no file stands for. */
  | { readonly kind: 'application' }
  /** A script, which lies at `scriptName` below the root; what follows it in the path is `pathInfo`. */
  | { readonly kind: 'script'; readonly scriptName: string; readonly pathInfo: string }
  /** A file that is sent as it is. */
  | { readonly kind: 'file'; readonly file: Found }
  /** A folder that was asked for without the slash at its end, which relative links in it need. */
  | { readonly kind: 'folder' }
  | { readonly kind: 'none' }
  /** A path that could be read in two ways, and is read in none. */
  | { readonly kind: 'refused' };

const NONE: Route = { kind: 'none' };
const APPLICATION: Route = { kind: 'application' };

/**
 * Finds out what answers a path. Only files that are there are run or sent.
 *
 * @param requestPath as it was sent
 */
export async function findRoute(site: Site, requestPath: string): Promise<Route> {
  const { root } = site;
  if (!root) return APPLICATION;
  const path = decodePath(requestPath);
  if (path === undefined) return site.isApplication ? APPLICATION : { kind: 'refused' };
  const script = await findScript(site, root, path);
  if (script) return script;
  const found = await root.find(path);
  if (found?.stats.isDirectory()) {
    const index = await findIndex(site, root, path.replace(/\/?$/, '/'));
    if (index) return path.endsWith('/') ? index : { kind: 'folder' };
  } else if (found && !path.endsWith('/')) {
    const file = toFile(site, path, found);
    // What is there, but neither run nor sent, is not the fallback's affair either.
    if (file || !site.isApplication) return file ?? NONE;
  }
  if (site.isApplication) return APPLICATION;
  return site.fallback ? ((await findScript(site, root, site.fallback)) ?? NONE) : NONE;
}

/**
 * Splits a path behind its script: the shortest beginning that matches and is a file. `a.jpg/x.php` never
 * runs `a.jpg`, since only what matches is looked at.
 *
 * @returns undefined if nothing in the path looks like a script
 */
async function findScript(
  site: Site,
  root: DocumentRoot,
  path: string,
): Promise<Route | undefined> {
  for (let end = nextEnd(path, 1); end > 0; end = nextEnd(path, end + 1)) {
    const scriptName = path.slice(0, end);
    if (!site.isScript(scriptName)) continue;
    const found = await root.find(scriptName);
    // Nothing can be in what is not there.
    if (!found) return NONE;
    if (found.stats.isFile()) return { kind: 'script', scriptName, pathInfo: path.slice(end) };
  }
  return undefined;
}

/** Where the segment that goes on at `from` ends; -1 behind the last one. */
function nextEnd(path: string, from: number): number {
  if (from >= path.length) return -1;
  const slash = path.indexOf('/', from);
  return slash < 0 ? path.length : slash;
}

async function findIndex(
  site: Site,
  root: DocumentRoot,
  folder: string,
): Promise<Route | undefined> {
  for (const name of site.index) {
    const path = folder + name;
    const found = await root.find(path);
    if (!found?.stats.isFile()) continue;
    if (site.isScript(path)) return { kind: 'script', scriptName: path, pathInfo: '' };
    const file = toFile(site, path, found);
    if (file) return file;
  }
  return undefined;
}

/** The source of a script must not be sent: not under another case, as a copy, or through a link. */
const SOURCE = /\.(?:php\d*|phtml|phar|phps|inc)(?:[._~-]|$)|~$/i;

function toFile(site: Site, path: string, found: Found): Route | undefined {
  if (!site.static || !found.stats.isFile()) return undefined;
  const names = [path, found.realName];
  const isSource = (name: string) =>
    SOURCE.test(name) || site.isScript(name) || site.isScript(name.toLowerCase());
  const isHidden = /\/\./.test(found.realName);
  return isHidden || names.some(isSource) ? undefined : { kind: 'file', file: found };
}
