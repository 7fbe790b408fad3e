// Starts the application for app.fcgi. Errors, and what the application prints, are in logs/app.log.
import { serve } from 'fcgi';

const options = { base: 'auto', restartFile: 'tmp/restart.txt' };

async function load() {
  const { default: app } = await import('./app.js');
  if (typeof app === 'function') return app;
  throw new TypeError(
    'app.js has no application: end it with `module.exports = app` or `export default app`',
  );
}

function unavailable(_req, res) {
  res.writeHead(503, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store' });
  res.end('The application cannot start. Its log says why.\n');
}

try {
  serve(await load(), options);
} catch (error) {
  console.error(error);
  const { server } = serve(unavailable, options);
  // Not for long: the next program finds what was mended meanwhile.
  setTimeout(() => server.close(), 5000).unref();
}
