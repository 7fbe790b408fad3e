// Serves an application over FastCGI, from the built package, in a process of its own:
// node main.mjs '{"application": "express", "listen": {"path": "…", "mode": 438}}'
import { createServer } from '../../../../dist/index.js';
import { note, onCommand } from './control.mjs';
import { tellVitals } from './vitals.mjs';

const { application, listen, options, drains, server: settings = {} } = JSON.parse(process.argv[2]);
const { default: createListener } = await import(`./${application}.mjs`);

const server = createServer(settings, createListener(options));
let connections = 0;
server.on('connection', () => connections++);
server.on('clientError', (error) => note('clientError', 'server', error.code));
server.listen(listen, () => note('listening', 'server', server.address()));

onCommand('connections', 'server', () => note('connections', 'server', connections));
onCommand('close', 'server', () => {
  server.close();
  note('closing', 'server');
});
onCommand('set', 'server', (properties) => Object.assign(server, properties));

// Only where a test is about it: tests that end an application in the middle of things do not wait for those.
if (drains) process.on('SIGTERM', () => server.close());
tellVitals();
