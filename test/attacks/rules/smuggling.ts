import type { Rule } from '../../frontends/support/site.ts';
import { connectTo } from '../../reliability/support/resets.ts';
import { begin, GET, params } from '../../support/wire.ts';
import { sendRaw, statuses } from '../support/raw-client.ts';
import { reached } from '../support/witness.ts';
import { payloads } from './payloads.ts';

/** What a FastCGI server takes for the end of a body and the next request, if it is no body. */
const RECORDS = '\x01\x05\0\x01\0\0\0\0\x01\x01\0\x02\0\x08\0\0\0\x01\0\0\0\0\0\0';

/** Where a request ends is what the web server said, whatever its headers say. */
export function smugglingAttacks(rule: Rule): void {
  for (const { name, bytes, body } of payloads) {
    rule(`no request is smuggled in by ${name}`, async (site) => {
      let received = '';
      const requests = await reached(site, async () => {
        received = await sendRaw(site.origin, bytes);
      });
      const served = statuses(received).filter((status) => status === 200);
      expect(statuses(received)).toHaveLength(1);
      // It is refused, or it is the one request, with all of its body.
      expect(requests).toEqual(served.map(() => ({ method: 'POST', url: '/outer', body })));
    });
  }

  rule('no request is smuggled in by a body that is a FastCGI request', async (site) => {
    const requests = await reached(site, async () => {
      const head = `POST /outer HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${RECORDS.length}`;
      expect(statuses(await sendRaw(site.origin, `${head}\r\n\r\n${RECORDS}`))).toEqual([200]);
    });
    expect(requests).toEqual([{ method: 'POST', url: '/outer', body: RECORDS }]);
    // The same bytes do end a body, and begin a request, where they are no body.
    const peer = await connectTo(site.application.listen);
    peer.send(begin(), params(1, { ...GET, REQUEST_METHOD: 'POST' }));
    peer.send(
      Buffer.from(RECORDS, 'latin1'),
      params(2, GET),
      Buffer.from('\x01\x05\0\x02\0\0\0\0', 'latin1'),
    );
    expect((await peer.answer(1)).status).toBe('200 OK');
    expect((await peer.answer(2)).status).toBe('200 OK');
    peer.close();
  });
}
