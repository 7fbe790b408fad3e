import { fileURLToPath } from 'node:url';
import express from 'express';
import { routes } from './routes.mjs';

/**
 * An Express 5 application that does not know it is served over FastCGI: no `trust proxy`. All of it is there
 * once more under /live, where web servers pass on what comes as it comes.
 */
export default () => {
  const app = createApp();
  app.use('/live', createApp());
  return app;
};

function createApp() {
  const app = express();
  for (const [route, handler] of Object.entries(routes)) {
    const [method, path] = route.split(' ');
    app[method.toLowerCase()](path, handler);
  }
  app.get('/json', (_req, res) => res.json({ greeting: 'Grüß Gott' }));
  app.post('/json', express.json(), (req, res) => res.json({ received: req.body }));
  app.get('/no-content', (_req, res) => res.sendStatus(204));
  app.get('/cached', (_req, res) => res.set('ETag', '"v1"').send('A page that hardly changes'));
  app.get('/cookies', (_req, res) => {
    res.cookie('flavour', 'oat').append('Set-Cookie', 'size=large; HttpOnly').end();
  });
  app.get('/moved', (_req, res) => res.redirect('/json?from=moved'));
  app.get('/broken', () => {
    throw new Error('Broken on purpose');
  });
  app.get('/file', (_req, res) => {
    res.sendFile(fileURLToPath(new URL('alphabet.txt', import.meta.url)));
  });
  app.all('/echo/{*rest}', (req, res) => {
    res.json({
      method: req.method,
      url: req.originalUrl,
      httpVersion: req.httpVersion,
      headers: req.headers,
      hostname: req.hostname,
      ip: req.ip,
      port: req.socket.remotePort,
      protocol: req.protocol,
      secure: req.secure,
      proxyVariable: process.env.HTTP_PROXY ?? null,
    });
  });
  return app;
}
