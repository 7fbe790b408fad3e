const PREFIX = 'HTTP_';

/** Web servers send some thirty names; clients can make them send any number of others. */
const MAX_CACHED = 1024;
const MAX_CACHED_LENGTH = 128;

const cache = new Map<string, string>();

/**
 * The header that a meta-variable stands for (RFC 3875 §4.1.18): `HTTP_X_REAL_IP` → `x-real-ip`.
 *
 * @returns the name in lower case with dashes; '' for a variable that is no header
 */
export function headerName(variable: string): string {
  const known = cache.get(variable);
  if (known !== undefined) return known;
  if (cache.size >= MAX_CACHED || variable.length > MAX_CACHED_LENGTH) return toName(variable);
  // Variables are slices of their request; to remember one would keep all of it.
  const copy = Buffer.from(variable, 'latin1').toString('latin1');
  const name = toName(copy);
  cache.set(copy, name);
  return name;
}

function toName(variable: string): string {
  if (!variable.startsWith(PREFIX)) return '';
  return variable.slice(PREFIX.length).toLowerCase().replaceAll('_', '-');
}

/**
 * Whether web servers write a header's variable this way: in upper case, without dashes.
 *
 * Two different canonical variables never stand for one header, since only the case and the dash were
 * lost on the way; a variable that is not canonical may meet another one.
 */
export function isCanonical(variable: string): boolean {
  if (/^[A-Z0-9_]*$/.test(variable)) return true;
  return !variable.includes('-') && variable === variable.toUpperCase();
}
