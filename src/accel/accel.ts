import type { IncomingMessage, ServerResponse } from 'node:http';
import { encodePath, Folders, type Place } from './folders.ts';
import { type FileResponse, offloadFiles } from './send-file.ts';

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
    const name = header === 'auto' ? headerOf(req) : req.fastcgi && header;
    if (name !== undefined) {
      offloadFiles(res as FileResponse, (file) => {
        const place = known.find(file);
        return place && { name, value: headerValue(name, place) };
      });
    }
    next();
  };
}

function headerOf(req: IncomingMessage): AccelHeader | undefined {
  const software = req.fastcgi?.params.SERVER_SOFTWARE ?? '';
  if (/^nginx\b/i.test(software)) return 'X-Accel-Redirect';
  return /^lighttpd\b/i.test(software) ? 'X-Sendfile' : undefined;
}

/** Each of the web servers decodes what it gets. */
function headerValue(name: AccelHeader, { path, uri }: Place): string {
  return name === 'X-Sendfile' ? encodePath(path) : uri;
}
