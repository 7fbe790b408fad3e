// Runs the guestbook under Node's own HTTP server: node http-server.mjs '{"dataFolder": "…"}'
import { createServer } from 'node:http';
import express from 'express';
import { createApp } from '../../demo-app/app.js';

const { mount, ...options } = JSON.parse(process.argv[2]);
const guestbook = createApp(options);
const app = mount ? express().use(mount, guestbook) : guestbook;

const server = createServer((req, res) => {
  if (req.url !== '/test/open-pages') return app(req, res);
  res.end(String(guestbook.locals.live.size));
});
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: server.address().port }));
});

process.on('SIGTERM', async () => {
  server.close();
  await guestbook.locals.close();
  server.closeAllConnections();
});
