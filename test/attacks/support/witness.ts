import { ask } from '../../frontends/support/http-client.ts';
import type { Site } from '../../frontends/support/site.ts';

/** A request as it reached the application. */
export interface Reached {
  readonly method: string;
  readonly url: string;
  readonly body: string;
}

/** What the application answers. */
export interface Seen extends Reached {
  readonly headers: readonly (readonly [string, string])[];
  readonly query: readonly (readonly [string, string])[];
  readonly params: readonly (readonly [string, string])[];
  readonly remoteAddress: string;
  readonly polluted: boolean;
  readonly ordinary: boolean;
  readonly proxyVariable: string | null;
}

/** The requests that reached the application while `attack` ran. */
export async function reached(site: Site, attack: () => Promise<void>): Promise<Reached[]> {
  const { application } = site;
  const all = async () => {
    // What the application notes comes in its order: once this has come, so has all before it.
    await application.connections();
    const requests = application.all<Reached>('request', 'witness');
    return requests.filter(({ url }) => !url.startsWith(VICTIM));
  };
  const before = (await all()).length;
  await attack();
  await expectServed(site);
  return (await all()).slice(before);
}

/** How many other clients ask: so many that each connection that is kept may serve one. */
const VICTIMS = 4;

const VICTIM = '/victim-';

let asked = 0;

/** Other clients get the answers to their own requests. */
async function expectServed(site: Site): Promise<void> {
  const urls = Array.from({ length: VICTIMS }, () => `${VICTIM}${++asked}`);
  for (const url of urls) {
    const { status, text } = await ask(`${site.origin}${url}`);
    expect([status, JSON.parse(text).url]).toEqual([200, url]);
  }
}
