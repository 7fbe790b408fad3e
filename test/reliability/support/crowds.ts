import { connect, type Socket } from 'node:net';
import type { Site } from '../../frontends/support/site.ts';
import { within } from '../../support/deadline.ts';
import type { WebServer } from '../../support/web-server.ts';
import { GET_VALUES, pairs, record } from '../../support/wire.ts';
import { connectTo } from './resets.ts';

/** Many who have come, and stay until they are told to leave. */
export interface Crowd {
  leave(): void;
}

const QUESTION = record(GET_VALUES, 0, pairs({ FCGI_MAX_CONNS: '' }));

/**
 * Connections of web servers that each send something, all of which is read when they have come.
 *
 * @param end `midst` for those that stop in a record: what they send is read before another's question
 */
export async function connectionsOf(
  { application }: Site,
  count: number,
  send: (peer: WebServer) => Promise<void> | void,
  end: 'whole' | 'midst' = 'whole',
): Promise<Crowd> {
  const all = await Promise.all(Array.from({ length: count }, () => connectTo(application.listen)));
  for (const peer of all) {
    await send(peer);
    const asked = end === 'whole' ? peer : await connectTo(application.listen);
    asked.send(QUESTION);
    const answered = () => asked.records.some(({ requestId }) => requestId === 0);
    await asked.until('an answer: all was read', answered);
    if (asked !== peer) asked.close();
  }
  return {
    leave() {
      for (const peer of all) peer.close();
    },
  };
}

/** Clients of the web server whose requests have all reached the application; they send and read no more. */
export async function visitors(
  { application }: Site,
  count: number,
  url: string,
  method: string,
  rest: string,
): Promise<Crowd> {
  const { hostname, port, pathname } = new URL(url);
  const path = pathname.replace(/^\/live/, '');
  const before = application.all('arrived', path).length;
  const all: Socket[] = [];
  for (let n = 0; n < count; n++) {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    socket.write(`${method} ${pathname} HTTP/1.1\r\nHost: a\r\n${rest}`);
    all.push(socket);
  }
  await within('all requests', application.noted('arrived', path, before + count));
  return {
    leave() {
      for (const socket of all) socket.destroy();
    },
  };
}
