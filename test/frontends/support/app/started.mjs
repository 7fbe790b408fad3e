import { note } from './control.mjs';
import createListener from './express.mjs';

/** The Express application, for a web server that starts it, and tells it to end. */
export default createListener();

// Its server closes a turn of the event loop later, and then the test hears of it.
process.on('SIGTERM', () => setImmediate(() => setImmediate(() => note('closing', process.pid))));
