import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { within } from '../../support/deadline.ts';
import {
  type Difference,
  type DifferenceId,
  differences,
  expectedOverFcgi,
  type Outcome,
} from './differences.ts';
import { Log } from './log.ts';
import { bodyLength } from './message.ts';
import { overFcgi } from './over-fcgi.ts';
import { overHttp } from './over-http.ts';
import type { Case } from './table.ts';
import type { Transport } from './transport.ts';

const everywhere = differences.filter(({ everywhere }) => everywhere);

/** Makes a test of each case, and one that the differences which are everywhere do occur. */
export function runTable(cases: readonly Case[]): void {
  const needed = new Set<string>();
  test.each(cases.map((row) => [row.title, row] as const))('%s', async (_title, row) => {
    const [http, fcgi] = [await outcome(overHttp, row), await outcome(overFcgi, row)];
    const named = differences.filter(({ id }) => row.differs?.includes(id as DifferenceId));
    const allowed = [...everywhere, ...named];
    expect(fcgi).toEqual(expectedOverFcgi(http, allowed));
    const idle = allowed.filter((difference) => !isNeeded(difference, allowed, http, fcgi));
    expect(named.filter((difference) => idle.includes(difference))).toEqual([]);
    for (const { id } of allowed.filter((difference) => !idle.includes(difference))) needed.add(id);
  });
  test('the differences that are allowed everywhere do occur', () => {
    expect(everywhere.filter(({ id }) => !needed.has(id))).toEqual([]);
  });
}

function isNeeded(
  difference: Difference,
  allowed: readonly Difference[],
  http: Outcome,
  fcgi: Outcome,
): boolean {
  const others = allowed.filter((other) => other !== difference);
  return !isDeepStrictEqual(expectedOverFcgi(http, others), fcgi);
}

async function outcome(
  transport: Transport,
  { app, requests = [{}], apart }: Case,
): Promise<Outcome> {
  const log = new Log();
  const createServer: Transport['createServer'] = (listener) =>
    transport.createServer(listener).prependListener('request', log.watch);
  const started = await app({ createServer, note: log.note });
  const { server } = started;
  if (started.listen) await within('listening', started.listen());
  else await within('listening', once(server.listen(0, '127.0.0.1'), 'listening'));
  const peer = await transport.connect(server, log);
  try {
    const answers: Outcome['answers'] = [];
    for (const request of requests) {
      const answer = await peer.exchange(request);
      await log.settled();
      answers.push(answer);
    }
    const bodyLengths = requests.map((request) => bodyLength(request));
    const entries = apart ? byEmitter(log.entries) : log.entries;
    return structuredClone({ answers, seen: log.seen, entries, bodyLengths });
  } finally {
    peer.close();
    server.closeAllConnections();
    await within('close', started.close?.() ?? new Promise((resolve) => server.close(resolve)));
  }
}

function byEmitter(entries: readonly string[]): string[] {
  const rank = (entry: string) => ['req ', 'res '].findIndex((name) => entry.startsWith(name));
  return [...entries].sort((a, b) => rank(a) - rank(b));
}
