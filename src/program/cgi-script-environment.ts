/** The meta-variables of RFC 3875 §4.1 beside HTTP_*, and others that web servers tell of a request. */
const META_VARIABLES = new Set([
  'AUTH_TYPE',
  'CONTENT_LENGTH',
  'CONTENT_TYPE',
  'DOCUMENT_ROOT',
  'DOCUMENT_URI',
  'GATEWAY_INTERFACE',
  'HTTPS',
  'PATH_INFO',
  'PATH_TRANSLATED',
  'QUERY_STRING',
  'REMOTE_ADDR',
  'REMOTE_HOST',
  'REMOTE_IDENT',
  'REMOTE_PORT',
  'REMOTE_USER',
  'REQUEST_METHOD',
  'REQUEST_SCHEME',
  'REQUEST_URI',
  'SCRIPT_FILENAME',
  'SCRIPT_NAME',
  'SERVER_ADDR',
  'SERVER_NAME',
  'SERVER_PORT',
  'SERVER_PROTOCOL',
  'SERVER_SOFTWARE',
]);

/** What a request's `Proxy` header would become: the address of the program's own proxy (httpoxy). */
const PROXY = 'HTTP_PROXY';

/**
 * The environment of a script: that of the process, and the meta-variables of the request.
 *
 * Meta-variables that the process was itself started with belong to no request, so they are left out:
 * a REMOTE_USER among them would pass for the client's. HTTP_PROXY is the process's, never the request's.
 *
 * @param params meta-variables, their characters standing for bytes
 */
export function scriptEnvironment(
  environment: NodeJS.ProcessEnv,
  params: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const own: NodeJS.ProcessEnv = Object.create(null);
  for (const [name, value] of Object.entries(environment)) {
    if (!isMetaVariable(name)) own[name] = value;
  }
  for (const [name, value] of Object.entries(params)) {
    if (name !== PROXY) own[name] = toText(value);
  }
  return own;
}

function isMetaVariable(name: string): boolean {
  return META_VARIABLES.has(name) || (name.startsWith('HTTP_') && name !== PROXY);
}

/** As Node reads the environment: bytes as UTF-8. */
function toText(bytes: string): string {
  return /[^\0-\x7f]/.test(bytes) ? Buffer.from(bytes, 'latin1').toString() : bytes;
}
