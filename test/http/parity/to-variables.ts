import type { Message } from './message.ts';

/** The client and the web server of the request, seen from the socket under `http`. */
export interface Ends {
  readonly remoteAddress: string;
  readonly localAddress: string;
}

/**
 * The meta-variables of a request as nginx sends them with its stock `fastcgi_params`: those in their
 * order, then the headers; names with underscores are dropped, duplicates are joined.
 *
 * @param contentLength '' while nginx does not know it, with `fastcgi_request_buffering off`
 */
export function toVariables(
  message: Message,
  contentLength: string,
  { remoteAddress, localAddress }: Ends,
): [string, string][] {
  const { method, target, version } = message;
  const [path = '', query = ''] = target.replace(/^http:\/\/[^/]*/, '').split('?');
  return [
    ['QUERY_STRING', query],
    ['REQUEST_METHOD', method],
    ['CONTENT_TYPE', find(message, 'content-type')],
    ['CONTENT_LENGTH', contentLength],
    ['SCRIPT_NAME', decode(path)],
    ['REQUEST_URI', target],
    ['DOCUMENT_URI', decode(path)],
    ['DOCUMENT_ROOT', '/srv/www'],
    ['SERVER_PROTOCOL', `HTTP/${version}`],
    ['REQUEST_SCHEME', 'http'],
    ['GATEWAY_INTERFACE', 'CGI/1.1'],
    ['SERVER_SOFTWARE', 'nginx/1.26.3'],
    ['REMOTE_ADDR', remoteAddress],
    ['REMOTE_PORT', '49152'],
    ['SERVER_ADDR', localAddress],
    ['SERVER_PORT', '80'],
    ['SERVER_NAME', 'example.test'],
    ['REDIRECT_STATUS', '200'],
    ...headerVariables(message),
  ];
}

function find({ headers }: Message, wanted: string): string {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? '';
}

function decode(path: string): string {
  return Buffer.from(decodeURIComponent(path)).toString('latin1');
}

function headerVariables({ headers }: Message): Map<string, string> {
  const variables = new Map<string, string>();
  for (const [name, value] of headers) {
    if (name.includes('_')) continue;
    const variable = `HTTP_${name.toUpperCase().replaceAll('-', '_')}`;
    const before = variables.get(variable);
    const separator = variable === 'HTTP_COOKIE' ? '; ' : ', ';
    variables.set(variable, before === undefined ? value : before + separator + value);
  }
  return variables;
}
