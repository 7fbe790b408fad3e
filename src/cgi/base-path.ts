/**
 * Strips the prefix under which an application is mounted from a request target.
 *
 * @param base without a slash at its end; '' strips nothing
 * @returns the target as the application sees it, or undefined if it lies outside of `base`:
 *   `/blog` holds `/blog`, `/blog/x` and `/blog?x`, not `/blogs`
 */
export function stripBase(url: string, base: string): string | undefined {
  if (base === '') return url;
  if (!url.startsWith(base)) return undefined;
  const rest = url.slice(base.length);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : undefined;
}
