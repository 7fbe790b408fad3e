import { createServer } from 'node:http';
import { loadApp } from './load-app.js';

const { listener, socket } = await loadApp();

// Connections that nginx keeps stay open between warming up and measuring.
createServer({ keepAliveTimeout: 60_000 }, listener).listen(socket);
