/** The query of a request as an object. */
export function query(req) {
  return Object.fromEntries(new URL(req.url, 'http://localhost').searchParams);
}
