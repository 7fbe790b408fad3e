import { request } from 'node:http';
import type { FrontEnd } from '../../frontends/support/front-end.ts';
import type { Site } from '../../frontends/support/site.ts';
import { within } from '../../support/deadline.ts';
import { Load } from './load.ts';

/** What became of a fault: a row of the table in docs/reliability.md. */
export interface Outcome {
  readonly client: string;
  readonly others: string;
  readonly logged: string;
}

export interface Meeting {
  /** When the client goes away of its own accord. */
  readonly leave?: Promise<unknown> | undefined;
  /** What it uploads; it does not end it. */
  readonly body?: string;
  /** Called when the answer has begun. */
  readonly begun?: () => void;
}

/** What the client that met the fault has seen. */
export function meet(url: string, { leave, body, begun }: Meeting = {}): Promise<string> {
  const seen = new Promise<string>((resolve) => {
    const req = request(url, { agent: false, method: body === undefined ? 'GET' : 'PUT' });
    req.on('error', () => resolve('the connection ends'));
    req.on('response', async (res) => {
      const pieces: Buffer[] = [];
      res.once('data', () => begun?.());
      res.on('data', (piece) => pieces.push(piece));
      res.on('error', () => {});
      res.on('close', () => {
        const text = Buffer.concat(pieces).toString();
        const what = (res.statusCode ?? 0) < 400 && text.length < 40 ? `, "${text}"` : '';
        resolve(`${res.statusCode}${what}${res.complete ? '' : ', and then it is cut off'}`);
      });
    });
    void leave?.then(() => {
      resolve('nothing, until it goes away');
      req.destroy();
    });
    if (body === undefined) req.end();
    else req.write(body);
  });
  return within(`what becomes of ${url}`, seen);
}

/**
 * Runs a fault while other clients ask.
 *
 * @param frontEnd the one that the fault goes through, if not that of the site
 */
export async function underLoad(
  site: Site,
  run: () => Promise<string>,
  url: string,
  frontEnd: FrontEnd = site.frontEnd,
): Promise<Outcome> {
  const logs = watchLogs(site, url, frontEnd);
  const load = new Load(site.origin, 4);
  try {
    await load.more(20);
    const client = await run();
    await load.more(100);
    return { client, others: othersOf(load), logged: await logs() };
  } finally {
    await load.stop();
  }
}

/** What the other clients have seen. */
export function othersOf({ failures }: Load): string {
  if (failures.length === 0) return 'their answers';
  const kinds = failures.map((failure) => /: (\d{3}) /.exec(failure)?.[1] ?? failure);
  return [...new Set(kinds)].sort().join(', ');
}

/** Phrases of nginx's error log. */
const PHRASES = [
  'prematurely closed connection while reading response header',
  'prematurely closed connection while reading upstream',
  'upstream sent invalid FastCGI record',
  'upstream closed prematurely',
  'upstream prematurely closed',
  'recv() failed',
  'writev() failed',
  'Connection refused',
  'Connection reset by peer',
  'sent more data than specified',
];

/** What web server and application log from now on: nginx about this URL, the application about anything. */
export function watchLogs(
  { application, ...site }: Pick<Site, 'application' | 'frontEnd'>,
  url: string,
  frontEnd: FrontEnd = site.frontEnd,
): () => Promise<string> {
  const before = frontEnd.errorLog().length;
  const kinds = ['clientError', 'uncaught'] as const;
  const counts = kinds.map((kind) => application.all(kind).length);
  return async () => {
    // Unless it was killed: what it noted before it answers this has come.
    await application.connections().catch(() => {});
    const lines = frontEnd.errorLog().slice(before).split('\n');
    const own = lines.filter((line) => /\[(error|crit|alert)\]/.test(line) && line.includes(url));
    const phrases = PHRASES.filter((phrase) => own.some((line) => line.includes(phrase)));
    const notes = kinds.flatMap((kind, i) =>
      application
        .all<string>(kind)
        .slice(counts[i])
        .map((code) => `${said[kind]} ${code.replace(LOST, 'EPIPE or ECONNRESET')}`),
    );
    const logged = [...phrases.slice(0, 1).map((text) => `nginx: ${text}`), ...new Set(notes)];
    return logged.join('; ') || 'nothing';
  };
}

/** What nginx says of a connection that is closed at once depends on how far it has come with its request. */
export function closedAtOnce(logged: string): string {
  const ways = /(recv\(\) failed|writev\(\) failed|prematurely closed .*header)/;
  return logged.replace(ways, 'recv() failed, writev() failed, or prematurely closed connection');
}

/** Which of the two depends on whether it was reading or writing. */
const LOST = /^(EPIPE|ECONNRESET)$/;

const said = { clientError: "`'clientError'`", uncaught: 'uncaught:' } as const;
