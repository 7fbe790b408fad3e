import type { Rule } from '../../frontends/support/site.ts';
import { bodyOf, sendRaw, statuses } from '../support/raw-client.ts';

const CHAR = 'ERR_INVALID_CHAR';
const TOKEN = 'ERR_INVALID_HTTP_TOKEN';

/** What each way of sending a value makes of the end of a line; `sent` if it encodes it, or sends nothing. */
const outcomes: Readonly<Record<string, string>> = {
  'res.setHeader()': CHAR,
  'res.setHeader() with a list': CHAR,
  'res.setHeader(), as the name': TOKEN,
  'res.setHeaders()': CHAR,
  'res.appendHeader()': CHAR,
  'res.writeHead()': CHAR,
  'res.writeHead() with a list': CHAR,
  'res.writeHead(), as the reason': CHAR,
  'res.statusMessage': CHAR,
  'res.addTrailers()': CHAR,
  'res.writeEarlyHints()': 'sent',
  'Variable-NAME': CHAR,
  "Express' res.set()": CHAR,
  "Express' res.append()": CHAR,
  "Express' res.attachment()": 'sent',
  "Express' res.links()": CHAR,
  "Express' res.vary()": 'TypeError',
  "Express' res.redirect()": 'OK. Redirecting to a%0',
  "Express' res.location()": 'sent',
  "Express' res.cookie()": 'sent',
  "Express' res.type()": CHAR,
  'sendResponse(), in a header': CHAR,
  'sendResponse(), as the type': CHAR,
  'sendRedirect()': CHAR,
};

/** The ends of lines. */
const ENDS = ['\r\n', '\n', '\r'];

/** Characters whose low byte is one: refused, or encoded. */
const WIDE_END = '\u010d\u010a';

const split = (origin: string, api: string, end: string): Promise<string> => {
  const value = `a${end}Injected: yes${end}${end}<script>`;
  const target = `/split?${new URLSearchParams({ api, value })}`;
  return sendRaw(origin, `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
};

/** No value that a client chose becomes a line of the response's head. */
export function splittingAttacks(rule: Rule): void {
  for (const [api, outcome] of Object.entries(outcomes)) {
    rule(`${api} does not split the response`, async (site) => {
      for (const end of [...ENDS, WIDE_END]) {
        const received = await split(site.origin, api, end);
        expect(statuses(received)).toHaveLength(1);
        expect(received.slice(0, received.indexOf('\r\n\r\n'))).not.toMatch(/^injected:/im);
        if (end !== WIDE_END) expect(bodyOf(received)).toMatch(startsWith(outcome));
      }
    });
  }
}

const startsWith = (text: string) => new RegExp(`^${text.replace(/[.+]/g, '\\$&')}`);
