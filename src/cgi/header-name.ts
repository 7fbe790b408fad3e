const PREFIX = 'HTTP_';

/**
 * The header that a meta-variable stands for (RFC 3875 §4.1.18): `HTTP_X_REAL_IP` → `x-real-ip`.
 *
 * @returns the name in lower case with dashes; '' for a variable that is no header
 */
export function headerName(variable: string): string {
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
