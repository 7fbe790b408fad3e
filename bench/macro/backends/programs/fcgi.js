import { loadApp } from './load-app.js';

const { listener, socket, rest } = await loadApp();
const { createServer } = await import(/** @type {string} */ (rest[0]));

createServer(listener).listen(socket);
