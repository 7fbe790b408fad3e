import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Client } from '../../src/client/index.ts';
import { within } from '../support/deadline.ts';
import { answer } from '../support/fake-application.ts';
import { record, STDOUT } from '../support/wire.ts';

const HEAD = 'Status: 413 Too Large\r\nContent-Type: text/plain\r\n\r\n';

/**
 * An application that reads the start of the body and no more, sends bytes and closes the connection. More of
 * the body is written after that and before the client has read anything, so that the write must fail.
 */
async function hangingUp(
  transport: 'unix' | 'tcp',
  bytes: Buffer,
  use: (client: Client, body: Readable) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fcgi-test-'));
  const body = new Readable({ read() {} });
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.pause();
      body.push(Buffer.alloc(1000, 'a'), 'latin1');
      // What nobody reads makes TCP reset the connection when it is closed.
      setImmediate(() => {
        socket.write(bytes);
        socket.destroy();
        body.push(Buffer.alloc(1000, 'b'));
      });
    });
  });
  if (transport === 'unix') server.listen(join(folder, 'app.sock'));
  else server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await using client = new Client(server);
    await use(client, body);
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The whole answer, with a body in two records. */
function longAnswer(length: number): Buffer {
  const half = length === 0 ? Buffer.alloc(0) : record(STDOUT, 1, 'x'.repeat(length / 2));
  return Buffer.concat([record(STDOUT, 1, HEAD), half, half, answer('').subarray(8)]);
}

describe.each<'unix' | 'tcp'>(['unix', 'tcp'])('over %s', (transport) => {
  test.each([0, 120_000])(
    'an answer with a body of %d bytes is read, though the request body could not be written any more',
    (length) =>
      hangingUp(transport, longAnswer(length), async (client, body) => {
        const response = await within('the head', client.request({ method: 'POST', body }));
        expect(response.statusCode).toBe(413);
        expect(await within('the body', text(response.body))).toHaveLength(length);
        expect(await response.completed).toEqual({ appStatus: 0, protocolStatus: 0 });
        expect(body.destroyed).toBe(false);
      }),
  );

  test('an answer that is cut off tells why no more could be written', () =>
    hangingUp(transport, record(STDOUT, 1, `${HEAD}part`), async (client, body) => {
      const response = await within('the head', client.request({ method: 'POST', body }));
      await expect(within('the end', text(response.body))).rejects.toMatchObject({
        code: 'ERR_FCGI_CONNECTION_CLOSED',
        cause: expect.objectContaining({ code: expect.stringMatching(/^(EPIPE|ECONNRESET)$/) }),
      });
    }));

  test('without an answer the error is that of the write', () =>
    hangingUp(transport, Buffer.alloc(0), async (client, body) => {
      const request = client.request({ method: 'POST', body });
      await expect(within('the failure', request)).rejects.toMatchObject({
        code: 'ERR_FCGI_CONNECTION_CLOSED',
        cause: expect.objectContaining({ code: expect.stringMatching(/^(EPIPE|ECONNRESET)$/) }),
      });
    }));
});
