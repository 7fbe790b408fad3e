import { OPENSSL } from '../../support/certificate.ts';
import { HAPROXY, startHaproxy } from '../../support/haproxy.ts';
import { ask, Exchange, sendBody } from '../../support/http-client.ts';
import { Load } from '../../support/load.ts';
import { ANEW_OVER_UNIX } from '../../support/site.ts';
import type { Column, Otherwise } from '../column.ts';
import { echoes, heardWhenItWrites } from '../otherwise.ts';

const UNHEARD =
  'HAProxy 2.6 tells of it only during an upload; else the application hears of it when it writes';

/** More than HAProxy waits for before it passes on what there is. */
const LONG = 3 * 1024 * 1024;

const unknownLength: Otherwise = {
  why: 'HAProxy refuses a body without a length, unless it is small and has come by the time that HAProxy looks',
  async instead(site) {
    const exchange = new Exchange(`${site.origin}/upload`, {
      method: 'PUT',
      headers: { 'Transfer-Encoding': 'chunked' },
    });
    sendBody(exchange.request, LONG).catch(() => {});
    const outcome = await exchange.answer().then(
      ({ status }) => status,
      ({ code }) => code,
    );
    expect([400, 502, 'ECONNRESET', 'EPIPE']).toContain(outcome);
    expect((await ask(`${site.origin}/json`)).status).toBe(200);
  },
};

/** HAProxy hands on the answer, and takes no more of the upload. */
const refusal: Otherwise = {
  why: 'HAProxy hands on the answer at once, but neither takes the rest of the upload nor hangs up: clients that do not look for an answer while they send wait for `timeout client`',
  async instead(site) {
    const exchange = new Exchange(`${site.origin}/refuse`, {
      method: 'POST',
      headers: { 'Content-Length': 32 * 1024 * 1024 },
    });
    sendBody(exchange.request, 32 * 1024 * 1024).catch(() => {});
    expect((await exchange.response()).statusCode).toBe(413);
    expect(exchange.request.writableFinished).toBe(false);
    exchange.abandon();
    expect((await ask(`${site.origin}/json`)).status).toBe(200);
  },
};

export const haproxy: Column = {
  server: 'HAProxy',
  programs: [HAPROXY, OPENSSL],
  start: startHaproxy,
  files: [{ file: 'haproxy/socket.cfg', mode: ANEW_OVER_UNIX }],
  otherwise: {
    'passes Authorization on': echoes(
      'HAProxy keeps the header to itself; cookies pass',
      ['Authorization', 'Bearer c2VjcmV0'],
      'authorization',
      undefined,
    ),
    'uploads a body of unknown length': unknownLength,
    'hands on the pieces of a body of unknown length as they come': unknownLength,
    'refuses an upload that nobody reads with an answer, not with a reset': refusal,
    'refuses an upload of which a part was read with an answer, not with a reset': refusal,
    ...heardWhenItWrites(UNHEARD),
    'answers every request while the web server reloads its configuration': {
      why: 'HAProxy 2.6 may give up a request of that very moment, and answers it 502; on connections that it keeps, 504 after `timeout server`',
      async instead(site) {
        const load = new Load(site);
        await load.moreAnswers();
        await site.frontEnd.reload();
        await load.moreAnswers();
        for (const { status, right } of await load.end()) {
          if (status !== 502) expect({ status, right }).toEqual({ status: 200, right: true });
        }
      },
    },
  },
};
