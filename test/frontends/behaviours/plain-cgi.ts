import { within } from '../../support/deadline.ts';
import type { HostRule } from '../support/host.ts';
import { ask, Exchange, sendBody } from '../support/http-client.ts';
import { ANY } from '../support/programs.ts';

const MiB = 1024 * 1024;

/** The program `any`, which a web server runs as plain CGI at `/any.cgi`. */
export function plainCgiRules(rule: HostRule): void {
  rule('runs a program that calls serve() as plain CGI', async (host) => {
    const { status, headers, text } = await ask(`${host.origin}/any.cgi${ANY.url}`, ANY.request);
    expect([status, headers['x-answer']]).toEqual([201, 'one, two']);
    expect(JSON.parse(text)).toEqual(ANY.answer);
  });

  rule('hands plain CGI a body of 8 MiB unchanged', async (host) => {
    const exchange = new Exchange(`${host.origin}/any.cgi`, {
      method: 'PUT',
      headers: { 'Content-Length': 8 * MiB },
    });
    const sent = await within('the upload', sendBody(exchange.request, 8 * MiB));
    expect(JSON.parse((await exchange.answer()).text)).toMatchObject(sent);
  });
}
