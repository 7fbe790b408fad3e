import type { IncomingMessage, ServerResponse } from 'node:http';

/** Where the lines of an access log go. */
export type AccessLog = boolean | ((line: string) => void);

/** nginx's status for a client that went away before it was answered. */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * Makes what logs a request when it has ended; undefined if nothing is logged.
 *
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
 */
export function accessLogger(
  log: AccessLog | undefined,
): ((req: IncomingMessage, res: ServerResponse) => void) | undefined {
  if (log === undefined || log === false) return undefined;
  if (log !== true && typeof log !== 'function') {
    throw Object.assign(
      new TypeError(`The option accessLog must be true or a function, not ${log}`),
      {
        code: 'ERR_INVALID_ARG_TYPE',
      },
    );
  }
  const write = log === true ? (line: string) => void process.stdout.write(`${line}\n`) : log;
  return (req, res) => {
    const begun = new Date();
    const from = req.socket.remoteAddress;
    const body = countBody(res);
    res.once('close', () => write(logLine(req, res, { begun, from, bytes: body.length })));
  };
}

/** Counts the bytes of a response's body; those of its head and its framing are not part of it. */
function countBody(res: ServerResponse): { readonly length: number } {
  const counted = { length: 0 };
  const { write, end } = res;
  const count = (args: readonly unknown[]) => {
    const [chunk, encoding] = args;
    if (typeof chunk === 'string')
      counted.length += Buffer.byteLength(chunk, encoding as BufferEncoding);
    else if (chunk instanceof Uint8Array) counted.length += chunk.length;
    return args as Parameters<typeof write>;
  };
  res.write = (...args: unknown[]) => write.apply(res, count(args));
  // It hands its chunk on without calling write().
  res.end = (...args: unknown[]) => end.apply(res, count(args) as Parameters<typeof end>);
  return counted;
}

interface Entry {
  readonly begun: Date;
  readonly from: string | undefined;
  readonly bytes: number;
}

/** A line in the combined log format: `address - user [time] "request" status bytes "referer" "agent"`. */
function logLine(req: IncomingMessage, res: ServerResponse, entry: Entry): string {
  const { method, url, httpVersion, headers } = req;
  const request = escaped(`${method} ${url} HTTP/${httpVersion}`);
  const status = res.headersSent ? res.statusCode : CLIENT_CLOSED_REQUEST;
  const bytes = method === 'HEAD' ? 0 : entry.bytes;
  const who = `${entry.from ?? '-'} - ${userField(headers.authorization)}`;
  const about = `"${escaped(headers.referer)}" "${escaped(headers['user-agent'])}"`;
  return `${who} [${logTime(entry.begun)}] "${request}" ${status} ${bytes} ${about}`;
}

/** The name that the client gave; nobody has checked it. This field has no quotes around it. */
function userField(authorization: string | undefined): string {
  const [, credentials = ''] = /^Basic +(\S+)$/i.exec(authorization ?? '') ?? [];
  const [user] = Buffer.from(credentials, 'base64').toString('latin1').split(':');
  return escaped(user).replaceAll(' ', '\\x20');
}

/** What could end a field or a line, or reach a terminal, is written `\x1B`, as nginx does. */
function escaped(text: string | undefined): string {
  if (!text) return '-';
  return text.replace(/["\\]|[^\x20-\x7e]/g, (char) => {
    return `\\x${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

/** `21/Nov/2026:05:54:05 +0000`, in local time. */
function logTime(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const month = date.toLocaleString('en-US', { month: 'short' });
  const day = `${two(date.getDate())}/${month}/${date.getFullYear()}`;
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  const offset = -date.getTimezoneOffset();
  const zone = Math.abs(offset);
  const sign = offset < 0 ? '-' : '+';
  return `${day}:${time} ${sign}${two(Math.floor(zone / 60))}${two(zone % 60)}`;
}
