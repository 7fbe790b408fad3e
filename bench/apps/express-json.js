import express from 'express';

/** Express 5 that answers with JSON. */
export function createListener() {
  const app = express();
  app.get('/', (_req, res) => {
    res.json({ message: 'Hello, World!' });
  });
  return app;
}
