// @ts-expect-error It has no types.
import fastcgi from 'node-fastcgi';
import { loadApp } from './load-app.js';

const { listener, socket } = await loadApp();

fastcgi.createServer(listener).listen(socket);
