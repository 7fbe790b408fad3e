import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { within } from '../../support/deadline.ts';
import {
  ABORT_REQUEST,
  begin,
  GET_VALUES,
  pairs,
  record,
  request as requestRecords,
} from '../../support/wire.ts';

/** Milliseconds. */
const PAUSE = 10;

/** Something that goes wrong on purpose. Resolves when it is over. */
export type Vandal = () => Promise<void>;

/** Clients that go away in the middle of things, and answers that are given up. */
export function rudeClients(origin: string, streamingOrigin: string): Vandal[] {
  return [
    () => leave(`${origin}/endless`, 'GET', 'answered'),
    () => leave(`${origin}/never`, 'GET', 'asked'),
    () => leave(`${streamingOrigin}/upload`, 'PUT', 'asked'),
    () => leave(`${origin}/half`, 'GET', 'ended'),
  ];
}

/** Asks, and goes away when it has asked, or when the answer has begun; or waits for its broken end. */
function leave(url: string, method: string, when: 'asked' | 'answered' | 'ended'): Promise<void> {
  const gone = new Promise<void>((resolve) => {
    const req = request(url, { method, agent: false });
    req.on('error', () => {});
    req.on('close', () => resolve());
    req.on('response', (res) => {
      res.on('error', () => {}).resume();
      if (when === 'answered') res.once('data', () => req.destroy());
    });
    if (method === 'PUT') req.write('x'.repeat(100_000), () => req.destroy());
    else req.end(() => when === 'asked' && setTimeout(() => req.destroy(), 5));
  });
  return within(`the end of ${method} ${url}`, gone);
}

const MALFORMED = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n');

/** Whoever reaches the socket and sends what no web server does, or not all of what it began. */
export function rudePeers(path: string): Vandal[] {
  const both = Buffer.concat([requestRecords({ id: 1 }), requestRecords({ id: 2 })]);
  const never = requestRecords({ id: 3, variables: { REQUEST_URI: '/never' } });
  return [
    () => poke(path, MALFORMED),
    () => poke(path, requestRecords().subarray(0, 100)),
    () => poke(path, begin()),
    () => poke(path, both),
    () => poke(path, Buffer.concat([never, record(ABORT_REQUEST, 3)])),
    () => poke(path, Buffer.alloc(0)),
  ];
}

const QUESTION = record(GET_VALUES, 0, pairs({ FCGI_MAX_CONNS: '' }));

/** Waits until somebody answers, sends bytes, waits a little and goes away. */
function poke(path: string, bytes: Uint8Array): Promise<void> {
  const gone = new Promise<void>((resolve) => {
    const socket = connect(path, () => socket.write(QUESTION));
    socket.once('data', () => {
      socket.write(bytes);
      setTimeout(() => socket.destroy(), 5);
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve());
  });
  return within('the end of a connection', gone);
}

/** Lets them do it over and over. */
export class Vandals {
  done = 0;
  #stopped = false;
  readonly #all: Promise<unknown>;

  constructor(vandals: readonly Vandal[]) {
    this.#all = Promise.all(vandals.map((vandal) => this.#repeat(vandal)));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#all;
  }

  async #repeat(vandal: Vandal): Promise<void> {
    while (!this.#stopped) {
      await vandal();
      this.done++;
      // Who does not wait for answers could fill the queue of connections, and that is another test.
      await wait(PAUSE);
    }
  }
}
