import { once } from 'node:events';
import { connect } from 'node:net';
import { within } from '../support/deadline.ts';
import { Program } from '../support/program.ts';
import { WebServer } from '../support/web-server.ts';
import {
  begin,
  GET,
  params,
  parseRecords,
  record,
  request,
  STDIN,
  STDOUT,
} from '../support/wire.ts';

const source = `
  process.on('uncaughtException', (error) => console.log('uncaught', error.message));
  const server = fcgi.createServer((req, res) => {
    if (req.url === '/throw') throw new Error('from the listener');
    if (req.url === '/throw-later') {
      req.on('data', () => { throw new Error('from a listener of the body'); });
      console.log('reading');
      return;
    }
    res.end('served');
  });
  server.listen(0, '127.0.0.1', () => console.log('port', server.address().port, '!'));
`;

test('a listener that throws is an uncaught exception, and takes no other request with it', async () => {
  const program = new Program(source);
  try {
    await program.printed('!');
    const port = Number(/port (\d+)/.exec(program.stdout)?.[1]);
    const socket = connect(port, '127.0.0.1');
    socket.write(
      Buffer.concat([request({ variables: { REQUEST_URI: '/throw' } }), request({ id: 2 })]),
    );
    const [answer] = await within('an answer', once(socket, 'data'));
    const records = parseRecords(answer as Buffer);
    expect(records.map(({ requestId }) => requestId)).toEqual([2, 2, 2]);
    expect(records.find(({ type }) => type === STDOUT)?.content.toString()).toMatch(/served$/);
    await program.printed('uncaught from the listener');
    socket.destroy();
  } finally {
    await program.stop();
  }
});

test('so is a listener of the body that throws', async () => {
  const program = new Program(source);
  try {
    await program.printed('!');
    const port = Number(/port (\d+)/.exec(program.stdout)?.[1]);
    const peer = await WebServer.connectTo({ port, host: '127.0.0.1' });
    const variables = { ...GET, REQUEST_METHOD: 'POST', REQUEST_URI: '/throw-later' };
    peer.send(begin(), params(1, variables));
    await program.printed('reading');
    const answer = await peer.exchange(
      Buffer.concat([record(STDIN, 1, 'body'), request({ id: 2 })]),
      2,
    );
    expect(answer.body.toString()).toBe('served');
    await program.printed('uncaught from a listener of the body');
    peer.close();
  } finally {
    await program.stop();
  }
});
