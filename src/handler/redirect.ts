/**
 * The target of a redirect as a header can hold it. CR and LF stay what they are, so that they are
 * refused with the header.
 */
export function encodeTarget(target: string): string {
  return target.replace(/[^\p{ASCII}]+/gu, encodeURIComponent);
}

/**
 * 200 with a path is a local redirect (RFC 3875 §6.2.2) to the web servers that follow any.
 *
 * @throws {RangeError} `ERR_OUT_OF_RANGE`
 */
export function checkRedirectStatus(target: string, status: number): void {
  if (status >= 300 && status <= 399) return;
  if (status === 200 && /^\/(?!\/)/.test(target)) return;
  throw Object.assign(
    new RangeError(`A redirect to ${JSON.stringify(target)} cannot have the status ${status}`),
    { code: 'ERR_OUT_OF_RANGE' },
  );
}
