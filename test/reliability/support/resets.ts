import type { ListenTarget } from '../../frontends/support/application.ts';
import type { Rule, Site } from '../../frontends/support/site.ts';
import { WebServer } from '../../support/web-server.ts';
import { begin, GET_VALUES, pairs, record, request } from '../../support/wire.ts';
import { meet, underLoad } from './faults.ts';
import type { FaultTable } from './table.ts';

const QUESTION = record(GET_VALUES, 0, pairs({ FCGI_MAX_CONNS: '' }));

const whole = (uri: string) => request({ variables: { REQUEST_URI: uri } });

/** How far a request has come when the web server's connection is lost, and what it has sent of it. */
const stages: readonly (readonly [string, Buffer, string | undefined])[] = [
  ['before a request', Buffer.alloc(0), undefined],
  ['in a header', begin().subarray(0, 5), undefined],
  ['after FCGI_BEGIN_REQUEST', begin(), undefined],
  ['in FCGI_PARAMS', whole('/never').subarray(0, 60), undefined],
  ['in FCGI_STDIN', whole('/never').subarray(0, -8), '/never'],
  ['while the application works', whole('/never'), '/never'],
  ['in the answer', whole('/endless'), '/endless'],
];

/** How the web server's end of a connection goes. */
const ends = {
  closed: (peer: WebServer) => peer.close(),
  reset: (peer: WebServer) => void peer.socket.resetAndDestroy(),
} as const;

/** Connections that are lost at each stage of a request. */
export function resets(rule: Rule, table: FaultTable, end: keyof typeof ends): void {
  for (const [stage, bytes, url] of stages) {
    const fault = `the web server's connection is ${end} ${stage}`;
    rule(fault, async (site) => {
      const run = () => lose(site, bytes, url, ends[end]);
      table.add(fault, await underLoad(site, run, 'no request of nginx'));
    });
  }
}

async function lose(
  { application }: Site,
  bytes: Buffer,
  url: string | undefined,
  end: (peer: WebServer) => void,
): Promise<string> {
  const { listen } = application;
  const peer = await connectTo(listen);
  const count = (note: string) => application.all(note, url).length;
  const [arrived, closed] = [count('arrived'), count('closed')];
  const errors = application.all('clientError').length;
  peer.send(QUESTION, ...(url ? [] : [bytes]));
  await peer.until('an answer: all was read', () => peer.records.length > 0);
  if (url) {
    // Where nothing is left unread, the application may meet the mere end before it writes on.
    peer.socket.pause();
    peer.send(bytes);
    await application.noted('arrived', url, arrived + 1);
  }
  end(peer);
  if ('port' in listen) await application.noted('clientError', 'server', errors + 1);
  if (!url) return '–';
  await application.noted('closed', url, closed + 1);
  return "`'aborted'` and `'close'` on `req`, in its place";
}

/** How far the application has come when it loses its end, and the URL where it does. */
const ownStages: readonly (readonly [string, string, 'uploads' | 'asks'])[] = [
  ['in an upload', '/reset-upload', 'uploads'],
  ['before it answers', '/reset', 'asks'],
  ['in the head of its answer', '/reset-head', 'asks'],
  ['in an answer with a length', '/reset-answer', 'asks'],
  ['in an answer without a length', '/reset-open-answer', 'asks'],
];

/** Connections of the web server that the application's end resets: the web server gets ECONNRESET or EPIPE. */
export function ownResets(rule: Rule, table: FaultTable): void {
  for (const [stage, url, does] of ownStages) {
    const fault = `the application's connection is reset ${stage}`;
    rule(fault, async (site) => {
      const { application, frontEnd } = site;
      const begun = () => application.tell('reset', url);
      const run = () =>
        does === 'uploads'
          ? meet(`${frontEnd.streamingOrigin}${url}`, { body: 'half' })
          : meet(`${site.origin}${url}`, { begun });
      table.add(fault, await underLoad(site, run, url));
    });
  }
}

/** Connects as a web server does. */
export function connectTo(listen: ListenTarget): Promise<WebServer> {
  if ('path' in listen) return WebServer.connectTo({ path: listen.path });
  return WebServer.connectTo({ port: listen.port, host: listen.host });
}
