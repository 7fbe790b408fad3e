import { ask, Exchange, send, TextReader } from '../support/http-client.ts';
import { type Rule, requestName } from '../support/site.ts';

/** How a request ended, as the application noted it. */
interface End {
  readonly aborted: boolean;
  readonly signal: boolean;
  readonly complete: boolean;
}

/**
 * How it ends when the client goes away. The rule is that the application sees it within 2 s; the deadline
 * is that of every wait, since the tests also run on slow and busy machines, and its message tells it.
 */
const CUT_OFF: End = { aborted: true, signal: true, complete: false };

/** The kernel holds up to 4 MiB for a sender and 6 MiB for a receiver, on each of two connections. */
const MORE_THAN_SOCKETS_HOLD = 32 * 1024 * 1024;

/** Responses that come in pieces, and either side going away in the middle. */
export function streamingRules(rule: Rule): void {
  rule('delivers server-sent events one by one', async (site) => {
    const id = requestName();
    const response = await send(`${site.origin}/events?id=${id}`).response();
    expect(response.headers['content-type']).toBe('text/event-stream');
    const reader = new TextReader(response);
    await reader.until(': welcome\n\n');
    for (const data of ['one', 'two', 'three']) {
      expect(reader.text).not.toContain(data);
      site.application.tell('send', id, data);
      await reader.until(`data: ${data}\n\n`);
    }
    site.application.tell('end', id);
    await site.application.noted<End>('ended', id);
  });

  rule('delivers what is written before the response ends', async (site) => {
    const id = requestName();
    const response = await send(`${site.origin}/hold?id=${id}&begun=yes`).response();
    const reader = new TextReader(response);
    expect(await reader.until('beginning, ')).toBe('The beginning, ');
    site.application.tell('release', id);
    expect(await reader.until('end.')).toBe('The beginning, and the end.');
    expect(await site.application.noted<End>('ended', id)).toEqual({
      aborted: false,
      signal: false,
      complete: true,
    });
  });

  rule('tells the application that the client went away before the response', async (site) => {
    const id = requestName();
    const exchange = send(`${site.origin}/hold?id=${id}`);
    await site.application.noted('arrived', id);
    exchange.abandon();
    expect(await site.application.noted<End>('ended', id)).toEqual(CUT_OFF);
  });

  rule('tells the application that the client went away during the response', async (site) => {
    const id = requestName();
    const exchange = send(`${site.origin}/events?id=${id}`);
    await new TextReader(await exchange.response()).until('welcome');
    exchange.abandon();
    expect(await site.application.noted<End>('ended', id)).toEqual(CUT_OFF);
  });

  for (const framing of ['length', 'none']) {
    const known = framing === 'length' ? 'with' : 'without';

    rule(`never completes a response ${known} a length that is cut off`, async (site) => {
      const id = requestName();
      const query = `id=${id}&bytes=300000&framing=${framing}`;
      const exchange = send(`${site.origin}/cut?${query}`);
      await site.application.noted('begun', id);
      site.application.tell('cut', id);
      expect(['ECONNRESET', 502]).toContain(await outcome(exchange));
      expect((await ask(`${site.origin}/json`)).status).toBe(200);
    });

    rule(
      `never completes one ${known} a length that the client has begun to read`,
      async (site) => {
        const id = requestName();
        const query = `id=${id}&bytes=${MORE_THAN_SOCKETS_HOLD}&framing=${framing}&buffering=no`;
        const exchange = send(`${site.origin}/cut?${query}`);
        await exchange.response();
        site.application.tell('cut', id);
        expect(await outcome(exchange)).toBe('ECONNRESET');
        expect((await ask(`${site.origin}/json`)).status).toBe(200);
      },
    );
  }
}

/** The status of a complete answer, or the code of the error that came instead. */
function outcome(exchange: Exchange): Promise<number | string | undefined> {
  return exchange.answer().then(
    ({ status }) => status,
    (error: NodeJS.ErrnoException) => error.code,
  );
}

/** Uploads that the web server passes on as they come, and that end early. */
export function streamedUploadRules(rule: Rule): void {
  rule('tells the application that the client went away during its upload', async (site) => {
    const id = requestName();
    const exchange = new Exchange(`${site.frontEnd.streamingOrigin}/swallow?id=${id}`, {
      method: 'POST',
      headers: { 'Content-Length': 1_000_000 },
    });
    // More than web servers wait for before they pass on what there is.
    exchange.request.write(Buffer.alloc(100_000));
    await site.application.noted('arrived', id);
    exchange.abandon();
    expect(await site.application.noted<End>('ended', id)).toEqual(CUT_OFF);
  });
}
