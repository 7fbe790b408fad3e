import { connect } from 'node:net';
import { within } from '../../support/deadline.ts';

/**
 * Sends bytes as they are, and waits until the web server closes the connection.
 *
 * @returns all that came back, as latin1
 */
export async function sendRaw(origin: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  // A web server that refuses what it gets may close before it has read all of it.
  socket.on('error', () => {});
  socket.write(bytes, 'latin1');
  await within('the web server to close', new Promise((closed) => socket.once('close', closed)));
  return received;
}

/** The statuses of the responses in what came back. */
export function statuses(received: string): number[] {
  return [...received.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
}

/** The body of the only response in what came back: in chunks, or as long as the connection lasted. */
export function bodyOf(received: string): string {
  const bodyAt = received.indexOf('\r\n\r\n') + 4;
  const body = received.slice(bodyAt);
  if (!/^transfer-encoding: chunked/im.test(received.slice(0, bodyAt))) return body;
  let text = '';
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.slice(at, lineEnd), 16);
    if (!(size > 0)) return text;
    text += body.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 2 + size + 2;
  }
}
