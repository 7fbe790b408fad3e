/** A plain listener. */
export function createListener() {
  /** @type {import('node:http').RequestListener} */
  return (_req, res) => {
    res.setHeader('Content-Type', 'text/plain');
    res.end('Hello, World!');
  };
}
