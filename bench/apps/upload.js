/** Reads the request body and answers how many bytes it had. */
export function createListener() {
  /** @type {import('node:http').RequestListener} */
  return (req, res) => {
    let length = 0;
    req.on('data', (chunk) => {
      length += chunk.length;
    });
    req.on('end', () => {
      res.setHeader('Content-Type', 'text/plain');
      res.end(`${length} bytes`);
    });
  };
}
