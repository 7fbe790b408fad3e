import { ask } from '../support/http-client.ts';
import type { Rule } from '../support/site.ts';

/** What the client gets of a response. */
export function responseRules(rule: Rule): void {
  rule('answers HEAD with the head of GET', async (site) => {
    const got = await ask(`${site.origin}/json`);
    const head = await ask(`${site.origin}/json`, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.text).toBe('');
    expect({ ...head.headers, date: '' }).toEqual({ ...got.headers, date: '' });
    expect(head.headers['content-length']).toBe(String(got.body.length));
  });

  rule('sends 204 without a body', async (site) => {
    const { status, headers, text } = await ask(`${site.origin}/no-content`);
    expect([status, text]).toEqual([204, '']);
    expect(headers).not.toHaveProperty('content-length');
    expect(headers).not.toHaveProperty('transfer-encoding');
  });

  rule('sends 304 without a body to a client that has the page', async (site) => {
    const first = await ask(`${site.origin}/cached`);
    expect([first.status, first.text]).toEqual([200, 'A page that hardly changes']);
    const second = await ask(`${site.origin}/cached`, {
      headers: { 'If-None-Match': first.headers.etag as string },
    });
    expect([second.status, second.text]).toEqual([304, '']);
    expect(second.headers.etag).toBe('"v1"');
  });

  rule('sends two cookies as two headers', async (site) => {
    const { headers } = await ask(`${site.origin}/cookies`);
    expect(headers['set-cookie']).toEqual(['flavour=oat; Path=/', 'size=large; HttpOnly']);
  });

  rule('sends a part of a file', async (site) => {
    const { status, headers, text } = await ask(`${site.origin}/file`, {
      headers: { Range: 'bytes=2-5' },
    });
    expect([status, text]).toEqual([206, 'cdef']);
    expect(headers['content-range']).toBe('bytes 2-5/27');
  });

  rule('redirects the client, not the request inside the web server', async (site) => {
    const { status, headers } = await ask(`${site.origin}/moved`);
    expect(status).toBe(302);
    expect(new URL(headers.location as string, site.origin).href).toBe(
      `${site.origin}/json?from=moved`,
    );
  });

  rule('sends the pages for what is missing and what is broken', async (site) => {
    expect((await ask(`${site.origin}/nowhere`)).status).toBe(404);
    expect((await ask(`${site.origin}/broken`)).status).toBe(500);
  });

  rule('sends no header that belongs to one connection only', async (site) => {
    const { headers } = await ask(`${site.origin}/json`);
    expect(headers).not.toHaveProperty('transfer-encoding');
    expect(headers).not.toHaveProperty('status');
    expect(headers['content-length']).toBe('26');
  });

  rule('writes what the application says on stderr into the error log', async (site) => {
    expect((await ask(`${site.origin}/complain`)).text).toBe('Complained.');
    await site.frontEnd.logged('The cellar is flooded');
  });
}
