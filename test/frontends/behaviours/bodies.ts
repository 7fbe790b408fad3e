import { within } from '../../support/deadline.ts';
import { ask, type Digest, digest, Exchange, send, sendBody } from '../support/http-client.ts';
import { type Rule, requestName } from '../support/site.ts';

const MiB = 1024 * 1024;

/**
 * What the kernel may hold of 64 MiB on both connections of a request. Linux lets the window of a TCP connection
 * grow to 32 MiB where its limits say so; who is not held back is 64 MiB ahead.
 */
const SOCKETS_HOLD = 48 * MiB;

/** What an application noted of a download when it had written all of it. */
interface Sent extends Digest {
  /** How often `write` returned false. */
  readonly stalls: number;
  /** The largest `writableLength`. */
  readonly mostQueued: number;
}

/** Bodies that are large, or of unknown length. */
export function bodyRules(rule: Rule): void {
  for (const framing of ['length', 'none']) {
    const known = framing === 'length' ? 'with' : 'without';
    rule(`downloads 64 MiB ${known} a Content-Length unchanged`, async (site) => {
      const id = requestName();
      const query = `id=${id}&bytes=${64 * MiB}&framing=${framing}`;
      const response = await send(`${site.origin}/download?${query}`).response();
      const received = await within('the download', digest(response));
      const { bytes, sha256 } = await site.application.noted<Sent>('sent', id);
      expect(received).toEqual({ bytes, sha256 });
      expect(bytes).toBe(64 * MiB);
    });
  }

  rule('uploads 32 MiB unchanged', async (site) => {
    const exchange = new Exchange(`${site.origin}/upload`, {
      method: 'PUT',
      headers: { 'Content-Length': 32 * MiB },
    });
    const sent = await within('the upload', sendBody(exchange.request, 32 * MiB));
    const received = JSON.parse((await exchange.answer()).text);
    expect(received).toMatchObject(sent);
    expect(received.headers['content-length']).toBe(String(32 * MiB));
  });

  rule('uploads a body of unknown length', async (site) => {
    const exchange = new Exchange(`${site.origin}/upload`, {
      method: 'PUT',
      headers: { 'Transfer-Encoding': 'chunked' },
    });
    const sent = await within('the upload', sendBody(exchange.request, 3 * MiB + 1));
    expect(JSON.parse((await exchange.answer()).text)).toMatchObject(sent);
  });

  rule('parses JSON of unknown length', async (site) => {
    const exchange = new Exchange(`${site.origin}/json`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' },
    });
    exchange.request.write('{"a":');
    exchange.request.end('1}');
    expect(JSON.parse((await exchange.answer()).text)).toEqual({ received: { a: 1 } });
  });

  rule('takes an empty body for an empty body', async (site) => {
    const answer = await ask(`${site.origin}/upload`, { method: 'PUT' });
    expect(JSON.parse(answer.text)).toMatchObject({ bytes: 0 });
  });

  rule('writes no further ahead of a slow client than the sockets hold', async (site) => {
    const id = requestName();
    const total = 64 * MiB;
    const query = `id=${id}&bytes=${total}&framing=length&buffering=no`;
    const response = await send(`${site.origin}/download?${query}`).response();
    let received = 0;
    let furthestAhead = 0;
    const readSlowly = async () => {
      let next = 0;
      for await (const piece of response) {
        received += piece.length;
        if (received < next) continue;
        next = received + MiB;
        const written = await site.application.ask<number>('written', id);
        furthestAhead = Math.max(furthestAhead, written - received);
      }
    };
    await within('the download', readSlowly());
    const { stalls, mostQueued } = await site.application.noted<Sent>('sent', id);
    expect(received).toBe(total);
    expect(furthestAhead).toBeLessThan(SOCKETS_HOLD);
    expect(stalls).toBeGreaterThan(0);
    expect(mostQueued).toBeLessThan(MiB);
  });

  for (const after of [0, MiB]) {
    const read = after === 0 ? 'that nobody reads' : 'of which a part was read';
    rule(`refuses an upload ${read} with an answer, not with a reset`, async (site) => {
      const exchange = new Exchange(`${site.origin}/refuse?after=${after}`, {
        method: 'POST',
        headers: { 'Content-Length': 32 * MiB },
      });
      await within('the upload', sendBody(exchange.request, 32 * MiB));
      const { status, text } = await exchange.answer();
      expect([status, text]).toEqual([413, 'That is more than fits in here.']);
      expect((await ask(`${site.origin}/json`)).status).toBe(200);
    });
  }
}

/** Bodies that the web server passes on as they come. */
export function streamedBodyRules(rule: Rule): void {
  rule('hands on the pieces of a body of unknown length as they come', async (site) => {
    const id = requestName();
    const exchange = new Exchange(`${site.frontEnd.streamingOrigin}/pieces?id=${id}`, {
      method: 'POST',
      headers: { 'Transfer-Encoding': 'chunked' },
    });
    let sent = '';
    for (const piece of ['one ', 'two ', 'three']) {
      exchange.request.write(piece);
      sent += piece;
      await site.application.notedThat<string>('body', id, (body) => body === sent);
    }
    exchange.request.end();
    const { text, headers } = JSON.parse((await exchange.answer()).text);
    expect(text).toBe('one two three');
    expect(headers).toHaveProperty('transfer-encoding', 'chunked');
    expect(headers).not.toHaveProperty('content-length');
  });

  rule('takes no more of a body than the application reads and the sockets hold', async (site) => {
    const id = requestName();
    const total = 64 * MiB;
    const exchange = new Exchange(`${site.frontEnd.streamingOrigin}/sips?id=${id}`, {
      method: 'POST',
      headers: { 'Content-Length': total },
    });
    const uploaded = sendBody(exchange.request, total);
    await site.application.noted('arrived', id);
    let furthestAhead = 0;
    for (let sipped = { bytes: 0, ended: false }; !sipped.ended; ) {
      sipped = await site.application.ask('sip', id, 'sipped', MiB / 8);
      const { bytesWritten = 0, writableLength = 0 } = exchange.request.socket ?? {};
      furthestAhead = Math.max(furthestAhead, bytesWritten - writableLength - sipped.bytes);
    }
    expect(JSON.parse((await exchange.answer()).text)).toEqual(await uploaded);
    expect(furthestAhead).toBeLessThan(SOCKETS_HOLD);
  });

  rule('refuses an upload that is still under way', async (site) => {
    const exchange = new Exchange(`${site.frontEnd.streamingOrigin}/refuse`, {
      method: 'POST',
      headers: { 'Content-Length': 32 * MiB },
    });
    // Clients stop sending when they are refused; that the rest was not taken is no error.
    sendBody(exchange.request, 32 * MiB).catch(() => {});
    const { status, text } = await exchange.answer();
    exchange.abandon();
    expect([status, text]).toEqual([413, 'That is more than fits in here.']);
    expect((await ask(`${site.origin}/json`)).status).toBe(200);
  });
}
