import express from 'express';

/** Headers that the ten middleware read, one each: their values end up in the answer. */
const NAMES = Array.from({ length: 10 }, (_, i) => `x-header-${i + 1}`);

/** Express 5 with ten middleware, each of which reads a header, sets one and keeps a value for the route. */
export function createListener() {
  const app = express();
  for (const name of NAMES) {
    app.use((req, res, next) => {
      res.locals[name] = req.get(name);
      res.setHeader(`${name}-seen`, '1');
      next();
    });
  }
  app.get('/', (req, res) => {
    const values = NAMES.map((name) => res.locals[name]);
    res.json({ ip: req.ip !== undefined, protocol: req.protocol, values });
  });
  return app;
}
