import { within } from '../../support/deadline.ts';
import { ask, Exchange, send, sendBody, TextReader } from '../support/http-client.ts';
import { requestName, type Site } from '../support/site.ts';
import type { Otherwise } from './column.ts';

/*
 * What several web servers do in place of a behaviour. A test that something does not happen waits for what
 * would have come first if it did: many other requests, all the way to the application and back.
 */

/** Time enough for the application to hear of something, in requests and not in seconds. */
async function otherRequests(site: Site): Promise<void> {
  for (let i = 0; i < 25; i++) expect((await ask(`${site.origin}/json`)).status).toBe(200);
}

/** The client goes away before the answer, and the application hears of it when it answers, if at all. */
const unheardBeforeTheAnswer = (why: string): Otherwise => ({
  why,
  async instead(site) {
    const id = requestName();
    const exchange = send(`${site.origin}/hold?id=${id}`);
    await site.application.noted('arrived', id);
    exchange.abandon();
    await otherRequests(site);
    expect(site.application.hasNoted('ended', id)).toBe(false);
    site.application.tell('release', id);
    await site.application.noted('ended', id);
  },
});

/** The client goes away during the answer, and the application hears of it when it goes on writing. */
const heardOnWriting = (why: string): Otherwise => ({
  why,
  async instead(site) {
    const id = requestName();
    const exchange = send(`${site.origin}/events?id=${id}`);
    await new TextReader(await exchange.response()).until('welcome');
    exchange.abandon();
    await otherRequests(site);
    expect(site.application.hasNoted('ended', id)).toBe(false);
    const write = async () => {
      while (!site.application.hasNoted('ended', id)) {
        site.application.tell('send', id, 'x'.repeat(10_000));
        await ask(`${site.origin}/json`);
      }
    };
    await within('the application to hear of it', write());
    const end = await site.application.noted('ended', id);
    expect(end).toEqual({ aborted: true, signal: true, complete: false });
  },
});

/** Both rows of a web server that looks for the end of its client only when there is something to send. */
export const heardWhenItWrites = (why: string): Readonly<Record<string, Otherwise>> => ({
  'tells the application that the client went away before the response':
    unheardBeforeTheAnswer(why),
  'tells the application that the client went away during the response': heardOnWriting(why),
});

/** The client goes away during its upload, of which the application never hears. */
export const incompleteUploadUnheard = (why: string): Otherwise => ({
  why,
  async instead(site) {
    const id = requestName();
    const exchange = new Exchange(`${site.frontEnd.streamingOrigin}/swallow?id=${id}`, {
      method: 'POST',
      headers: { 'Content-Length': 1_000_000 },
    });
    exchange.request.write(Buffer.alloc(100_000));
    await otherRequests(site);
    exchange.abandon();
    await otherRequests(site);
    expect(site.application.hasNoted('arrived', id)).toBe(false);
  },
});

/** A body whose pieces come to the application together. */
export const bodyInOnePiece = (why: string): Otherwise => ({
  why,
  async instead(site) {
    const id = requestName();
    const exchange = new Exchange(`${site.frontEnd.streamingOrigin}/pieces?id=${id}`, {
      method: 'POST',
      headers: { 'Transfer-Encoding': 'chunked' },
    });
    exchange.request.write('one ');
    await otherRequests(site);
    expect(site.application.hasNoted('body', id)).toBe(false);
    exchange.request.end('two');
    expect(JSON.parse((await exchange.answer()).text).text).toBe('one two');
  },
});

/** A body that is taken from the client faster than the application reads it. */
export const bodyTakenAhead = (why: string): Otherwise => ({
  why,
  async instead(site) {
    const id = requestName();
    const total = 64 * 1024 * 1024;
    const exchange = new Exchange(`${site.frontEnd.streamingOrigin}/sips?id=${id}`, {
      method: 'POST',
      headers: { 'Content-Length': total },
    });
    const sent = await within('the upload', sendBody(exchange.request, total));
    await site.application.noted('arrived', id);
    site.application.tell('sip', id, total + 1);
    expect(JSON.parse((await exchange.answer()).text)).toEqual(sent);
  },
});

/** A response without a length passes for whole when the application gives it up. */
export const cutOffUnseen = (why: string): Otherwise => ({
  why,
  async instead(site) {
    const id = requestName();
    const query = `id=${id}&bytes=300000&framing=none`;
    const exchange = send(`${site.origin}/cut?${query}`);
    await site.application.noted('begun', id);
    site.application.tell('cut', id);
    const { status, body } = await exchange.answer();
    expect(status).toBe(200);
    expect(body.length).toBeLessThanOrEqual(300_000);
  },
});

/** What the application sees of a header, or of two. */
export function echoes(
  why: string,
  headers: readonly string[],
  name: string,
  value: string | undefined,
): Otherwise {
  return {
    why,
    async instead(site) {
      const all = ['Host', '127.0.0.1', ...headers];
      const { text } = await ask(`${site.origin}/echo/`, { headers: all });
      expect(JSON.parse(text).headers[name]).toBe(value);
    },
  };
}
