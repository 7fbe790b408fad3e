import { APACHE } from '../../support/apache.ts';
import { startApache } from '../../support/apache-site.ts';
import { OPENSSL } from '../../support/certificate.ts';
import { ask, Exchange } from '../../support/http-client.ts';
import { ANEW_OVER_UNIX, KEPT_OVER_TCP, type Site } from '../../support/site.ts';
import type { Column, Otherwise } from '../column.ts';
import { echoes, heardWhenItWrites } from '../otherwise.ts';

const UNHEARD =
  'Apache does not look for the end of a client to which it has nothing to send; the application hears of it when it writes';

/** The status comes before the end of the upload, or the connection ends: both are allowed to a server. */
const refusal: Otherwise = {
  why: 'Apache hangs up while the client still sends, so that a client may see a reset in place of the answer; read the body to its end before refusing it',
  async instead(site) {
    const exchange = new Exchange(`${site.origin}/refuse`, {
      method: 'POST',
      headers: { 'Content-Length': 32 * 1024 * 1024 },
    });
    const block = Buffer.alloc(64 * 1024);
    const outcome = exchange.answer().then(
      ({ status }) => status,
      ({ code }) => code,
    );
    exchange.request.on('error', () => {});
    for (let i = 0; i < 512; i++) exchange.request.write(block);
    exchange.request.end();
    expect([413, 'ECONNRESET', 'EPIPE']).toContain(await outcome);
    expect((await ask(`${site.origin}/json`)).status).toBe(200);
  },
};

async function hasNoLength(site: Site): Promise<void> {
  const { headers, body } = await ask(`${site.origin}/json`);
  expect(headers).not.toHaveProperty('content-length');
  expect(headers).not.toHaveProperty('status');
  expect(body.length).toBe(26);
}

const unframed = (why: string): Otherwise => ({ why, instead: hasNoLength });

export const apache: Column = {
  server: 'Apache mod_proxy_fcgi',
  programs: [APACHE, OPENSSL],
  start: startApache,
  files: [
    { file: 'apache/unix.conf', mode: ANEW_OVER_UNIX },
    { file: 'apache/tcp.conf', mode: KEPT_OVER_TCP },
  ],
  otherwise: {
    'joins repeated headers as http does': echoes(
      'Apache joins two `Cookie` headers with a comma, as others; browsers send one',
      ['Cookie', 'a=1', 'Cookie', 'b=2'],
      'cookie',
      'a=1, b=2',
    ),
    'answers HEAD with the head of GET': unframed('Apache takes `Content-Length` out of responses'),
    'sends no header that belongs to one connection only': unframed(
      'Apache takes `Content-Length` out, and sends `Transfer-Encoding: chunked`, which it knows to undo',
    ),
    'refuses an upload that nobody reads with an answer, not with a reset': refusal,
    'refuses an upload of which a part was read with an answer, not with a reset': refusal,
    ...heardWhenItWrites(UNHEARD),
  },
};
