/** The meta-variables that tell the request target. */
export interface TargetVariables {
  /** The raw request target; no RFC has it, but every web server but IIS sends it. */
  readonly REQUEST_URI?: string | undefined;
  /** IIS: the raw request target. */
  readonly UNENCODED_URL?: string | undefined;
  /** IIS with URL Rewrite: the target before it was rewritten. */
  readonly HTTP_X_ORIGINAL_URL?: string | undefined;
  readonly SCRIPT_NAME?: string | undefined;
  readonly PATH_INFO?: string | undefined;
  readonly QUERY_STRING?: string | undefined;
  readonly SERVER_SOFTWARE?: string | undefined;
}

/**
 * The request target as `req.url` has it: origin-form (`/path?query`), or `*`.
 *
 * An absolute-form target (RFC 9112 §3.2.2) is reduced to its path, so that routers see what they
 * would see without a proxy.
 */
export function requestUrl(variables: TargetVariables): string {
  const target = variables.REQUEST_URI || iisTarget(variables);
  return target ? originForm(target) : rebuiltTarget(variables);
}

function iisTarget(variables: TargetVariables): string | undefined {
  if (variables.UNENCODED_URL) return variables.UNENCODED_URL;
  // Under any other web server this is a header that a client made up to pick its own route.
  const isIis = variables.SERVER_SOFTWARE?.startsWith('Microsoft-IIS') === true;
  return isIis ? variables.HTTP_X_ORIGINAL_URL : undefined;
}

function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const authority = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target);
  if (!authority) return target;
  const rest = target.slice(authority[0].length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** SCRIPT_NAME and PATH_INFO come decoded (RFC 3875 §4.1.5), QUERY_STRING as it was sent (§4.1.7). */
function rebuiltTarget(variables: TargetVariables): string {
  const path = encodePath(`${variables.SCRIPT_NAME ?? ''}${variables.PATH_INFO ?? ''}`) || '/';
  return variables.QUERY_STRING ? `${path}?${variables.QUERY_STRING}` : path;
}

function encodePath(path: string): string {
  return path.replace(
    /[^\w\-.~!$&'()*+,;=:@/]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
