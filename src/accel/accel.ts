import type { IncomingMessage, ServerResponse } from 'node:http';
import { encodePath, Folders, type Place } from './folders.ts';
import { type FileHeader, type FileResponse, offloadFiles } from './send-file.ts';

/** The headers by which web servers are told to send a file. */
export type AccelHeader = 'X-Accel-Redirect' | 'X-Sendfile';

/** Options of `accel()`. */
export interface AccelOptions {
  /**
   * The header that the web server knows: `X-Accel-Redirect` holds the address that a folder has there,
   * `X-Sendfile` the path of the file. `'auto'` goes by SERVER_SOFTWARE: nginx gets `X-Accel-Redirect`, lighttpd
   * `X-Sendfile`, and for any other server the application sends the file itself. Apache with mod_xsendfile must
   * be told here to get `X-Sendfile`, Caddy `X-Accel-Redirect`.
   * @default 'auto'
   */
  readonly header?: AccelHeader | 'auto' | undefined;
}

/** What Express and Connect take as middleware. */
export type AccelMiddleware = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void;

const HEADERS: readonly unknown[] = ['auto', 'X-Accel-Redirect', 'X-Sendfile'];

/**
 * Middleware with which the web server sends the files of `res.sendFile()` and `res.download()` of Express: the
 * application answers with a header in place of the bytes, and is free for the next request. Ranges and
 * conditional requests become the web server's, with its own ETag.
 *
 * A file whose path, with symbolic links followed, lies in none of the folders is sent by the application, as are
 * all where there is no FastCGI or CGI, for a status other than 200, and with a Content-Encoding.
 *
 * The web server must be set up for it: docs/offloading.md has the lines.
 *
 * @param folders absolute paths of folders, and for each the path of the web server's location that is `internal`
 *   to it, as `{ '/srv/app/files': '/protected' }`; X-Sendfile does without the latter
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, or {RangeError} `ERR_OUT_OF_RANGE`, for wrong arguments
 */
export function accel(
  folders: Readonly<Record<string, string>>,
  { header = 'auto' }: AccelOptions = {},
): AccelMiddleware {
  const known = new Folders(folders);
  if (!HEADERS.includes(header)) {
    throw Object.assign(
      new RangeError(`The option header must be one of ${HEADERS.join(', ')}, not ${header}`),
      { code: 'ERR_OUT_OF_RANGE' },
    );
  }
  return (req, res, next) => {
    const target = targetOf(req, header);
    if (target) offloadFiles(res as FileResponse, (file) => headerFor(known.find(file), target));
    next();
  };
}

/** What a web server takes. */
interface Target {
  readonly name: AccelHeader;
  readonly toValue: (place: Place) => string;
}

/** nginx, lighttpd and Caddy decode the header, which mod_xsendfile does not. */
const ADDRESS: Target = { name: 'X-Accel-Redirect', toValue: ({ uri }) => uri };
const ENCODED_PATH: Target = { name: 'X-Sendfile', toValue: ({ path }) => encodePath(path) };
const PLAIN_PATH: Target = {
  name: 'X-Sendfile',
  toValue: ({ path }) => Buffer.from(path).toString('latin1'),
};

/** Who asks over plain HTTP may be the client itself. */
function targetOf(req: IncomingMessage, header: AccelHeader | 'auto'): Target | undefined {
  if (!req.fastcgi) return undefined;
  const { SERVER_SOFTWARE: software = '' } = req.fastcgi.params;
  const isLighttpd = /^lighttpd\b/i.test(software);
  if (header === 'X-Sendfile') return isLighttpd ? ENCODED_PATH : PLAIN_PATH;
  if (header === 'X-Accel-Redirect' || /^nginx\b/i.test(software)) return ADDRESS;
  return isLighttpd ? ENCODED_PATH : undefined;
}

function headerFor(place: Place | undefined, { name, toValue }: Target): FileHeader | undefined {
  const value = place && toValue(place);
  return value !== undefined && isFieldValue(value) ? { name, value } : undefined;
}

/** A header cannot say each name that a file can have: no line ends, and no space at the end. */
function isFieldValue(value: string): boolean {
  return /^[\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff]$/.test(value);
}
