import type { NetConnectOpts } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { within } from '../../support/deadline.ts';
import { type Answer, WebServer } from '../../support/web-server.ts';
import { request } from '../../support/wire.ts';
import type { RunningProcess } from './process.ts';

/** Connects to a program as soon as it listens. */
export async function connectTo(
  program: RunningProcess,
  target: NetConnectOpts,
): Promise<WebServer> {
  const attempt = async () => {
    for (;;) {
      try {
        return await WebServer.connectTo(target);
      } catch (error) {
        if (!program.running) throw new Error(`It ended:\n${program.output}`, { cause: error });
        await wait(10);
      }
    }
  };
  return within('a program to listen', attempt());
}

/** Sends `GET` for a URL, on a connection of its own. */
export async function get(
  program: RunningProcess,
  target: NetConnectOpts,
  url: string,
): Promise<Answer> {
  const peer = await connectTo(program, target);
  try {
    const [, query = ''] = url.split('?');
    return await peer.exchange(
      request({ variables: { REQUEST_URI: url, QUERY_STRING: query, SCRIPT_NAME: '' } }),
    );
  } finally {
    peer.close();
  }
}
