import { within } from '../support/deadline.ts';
import { bodyRules } from './behaviours/bodies.ts';
import { requestRules, secureRequestRules } from './behaviours/requests.ts';
import { responseRules } from './behaviours/responses.ts';
import { OPENSSL } from './support/certificate.ts';
import { HAPROXY, startHaproxy } from './support/haproxy.ts';
import { ask, digest, Exchange, send, sendBody, TextReader } from './support/http-client.ts';
import { describeWith } from './support/requirement.ts';
import {
  ANEW_OVER_TCP,
  KEPT_OVER_UNIX,
  requestName,
  type Site,
  useSite,
  without,
} from './support/site.ts';

const MiB = 1024 * 1024;

/** What HAProxy does in its own way. */
const OTHERWISE = [
  'passes Authorization on',
  'uploads a body of unknown length',
  // It neither takes the rest of an upload that was refused nor hangs up.
  'refuses an upload that nobody reads with an answer, not with a reset',
  'refuses an upload of which a part was read with an answer, not with a reset',
];

/** Begins a request whose answer waits, and tells its id on the connection. */
async function hold(site: Site): Promise<{ id: string; held: Exchange; requestId: number }> {
  const id = requestName();
  const held = send(`${site.origin}/hold?id=${id}`);
  const { requestId } = await site.application.noted<{ requestId: number }>('arrived', id);
  return { id, held, requestId };
}

async function release(site: Site, { id, held }: { id: string; held: Exchange }): Promise<void> {
  site.application.tell('release', id);
  const { status, text } = await held.answer();
  expect([status, text]).toEqual([200, 'and the end.']);
}

describeWith('HAProxy, a connection a request, over TCP', [HAPROXY], () => {
  const rule = useSite(startHaproxy, 'express', ANEW_OVER_TCP);
  requestRules(without(rule, OTHERWISE));
  responseRules(rule);

  rule('never completes a response that the application gives up', async (site) => {
    const id = requestName();
    const exchange = send(`${site.origin}/cut?id=${id}&bytes=300000&framing=none`);
    await site.application.noted('begun', id);
    site.application.tell('cut', id);
    const outcome = await exchange.answer().then(
      ({ status }) => status,
      ({ code }) => code,
    );
    expect(outcome).toBe('ECONNRESET');
    expect((await ask(`${site.origin}/json`)).status).toBe(200);
  });
});

describeWith('HAProxy, connections shared, over a Unix socket', [HAPROXY], () => {
  const rule = useSite(startHaproxy, 'plain', KEPT_OVER_UNIX);
  requestRules(without(rule, OTHERWISE));
  describeWith('https', [OPENSSL], () => secureRequestRules(rule));
  responseRules(rule);
  bodyRules(without(rule, OTHERWISE));

  rule('never sees Authorization, which HAProxy keeps to itself', async (site) => {
    const { text } = await ask(`${site.origin}/echo/`, {
      headers: { Authorization: 'Bearer abc' },
    });
    expect(JSON.parse(text).headers).not.toHaveProperty('authorization');
  });

  rule('sends what is written to stderr to the log', async (site) => {
    expect((await ask(`${site.origin}/grumble`)).text).toBe('Grumbled.');
    await site.frontEnd.logged('The attic is draughty');
  });

  rule('lives on when stderr comes long before the answer', async (site) => {
    for (let i = 0; i < 8; i++) {
      expect((await ask(`${site.origin}/complain?${'x'.repeat(i)}`)).text).toBe('Complained.');
    }
    await site.frontEnd.logged('The cellar is flooded');
  });

  rule('answers 20 requests under way on one connection, in any order', async (site) => {
    await ask(`${site.origin}/json`);
    const before = await site.application.connections();
    const all = [];
    for (let i = 0; i < 20; i++) all.push(await hold(site));
    expect(new Set(all.map(({ requestId }) => requestId)).size).toBe(20);
    for (const one of all.reverse()) await release(site, one);
    expect(await site.application.connections()).toBe(before);
  });

  rule('moves bodies of 32 MiB both ways at once, unchanged, on one connection', async (site) => {
    await ask(`${site.origin}/json`);
    const before = await site.application.connections();
    const id = requestName();
    const query = `id=${id}&bytes=${32 * MiB}&framing=length`;
    // HAProxy answers 500 itself when a request begins while an upload fills the connection: the download first.
    const response = await send(`${site.origin}/download?${query}`).response();
    const exchange = new Exchange(`${site.origin}/upload`, {
      method: 'PUT',
      headers: { 'Content-Length': 32 * MiB },
    });
    const [received, sent] = await within(
      'both bodies',
      Promise.all([digest(response), sendBody(exchange.request, 32 * MiB)]),
    );
    expect(JSON.parse((await exchange.answer()).text)).toMatchObject(sent);
    expect(await site.application.noted('sent', id)).toMatchObject(received);
    expect(await site.application.connections()).toBe(before);
  });

  rule('answers others while an upload on their connection is not read', async (site) => {
    await ask(`${site.origin}/json`);
    const before = await site.application.connections();
    const id = requestName();
    const exchange = new Exchange(`${site.origin}/sips?id=${id}`, {
      method: 'POST',
      headers: { 'Content-Length': 8 * MiB },
    });
    const sent = await within('the upload', sendBody(exchange.request, 8 * MiB));
    await site.application.noted('arrived', id);
    for (let i = 0; i < 5; i++) expect((await ask(`${site.origin}/json`)).status).toBe(200);
    expect(await site.application.connections()).toBe(before);
    await site.application.ask('sip', id, 'sipped', 9 * MiB);
    expect(JSON.parse((await exchange.answer()).text)).toEqual(sent);
  });

  rule('ends only the request that HAProxy aborts, since its client went away', async (site) => {
    const others = [await hold(site), await hold(site)];
    const before = await site.application.connections();
    const id = requestName();
    const exchange = new Exchange(`${site.origin}/swallow?id=${id}`, {
      method: 'POST',
      headers: { 'Content-Length': MiB },
    });
    // More than HAProxy waits for before it passes on what there is.
    exchange.request.write(Buffer.alloc(100_000));
    await site.application.noted('arrived', id);
    exchange.abandon();
    const end = { aborted: true, signal: true, complete: false };
    expect(await site.application.noted('ended', id)).toEqual(end);
    for (const other of others) await release(site, other);
    expect((await ask(`${site.origin}/json`)).status).toBe(200);
    expect(await site.application.connections()).toBe(before);
  });

  rule('delivers server-sent events one by one', async (site) => {
    const id = requestName();
    const reader = new TextReader(await send(`${site.origin}/events?id=${id}`).response());
    await reader.until(': welcome\n\n');
    for (const data of ['one', 'two']) {
      site.application.tell('send', id, data);
      await reader.until(`data: ${data}\n\n`);
    }
    site.application.tell('end', id);
    await site.application.noted('ended', id);
  });
});
