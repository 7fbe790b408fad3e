// An application whose web server, or a tool, starts it with the listening socket: on file descriptor 0,
// or as systemd does.
import { createServer } from '../../../../dist/index.js';
import createListener from '../app/plain.mjs';

const server = createServer({ base: 'auto' }, createListener()).listen();
process.on('SIGTERM', () => server.close());
