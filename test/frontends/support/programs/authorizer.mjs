// An Express application that says who may see the static files behind it.
import express from 'express';
import { createServer } from '../../../../dist/index.js';

const app = express();
app.use((req, res) => {
  const { REMOTE_USER, FCGI_APACHE_ROLE = 'AUTHORIZER' } = req.fastcgi.params;
  const member = REMOTE_USER || req.get('X-Member');
  if (!member) return res.status(401).set('WWW-Authenticate', 'Members').send('Who are you?');
  if (member === 'mallory') return res.status(403).send('Not you.');
  res.set('Variable-MEMBER', member);
  res.set('Variable-SEEN', `${FCGI_APACHE_ROLE}: ${req.method} ${req.path}`).end();
});

const server = createServer({ authorizer: app }).listen();
process.on('SIGTERM', () => server.close());
