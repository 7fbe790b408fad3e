import { problem } from './errors.js';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses a change asked for by another site's page. A request with neither header comes from no
 * page of today's browsers, and an old one still withholds the SameSite cookie.
 */
export function requireSameOrigin(req, _res, next) {
  if (SAFE_METHODS.has(req.method) || isOwnPage(req)) return next();
  next(problem(403, 'This request came from another site, so it was not carried out.'));
}

function isOwnPage(req) {
  const site = req.get('Sec-Fetch-Site');
  if (site) return site === 'same-origin' || site === 'none';
  const origin = req.get('Origin');
  if (origin === undefined) return true;
  return URL.canParse(origin) && ownHosts(req).includes(new URL(origin).host);
}

/**
 * As a URL has it, without the default port: some servers add `:80` to the Host they pass on. Others
 * leave a port out that the browser names.
 */
function ownHosts(req) {
  const url = `${req.protocol}://${req.get('Host')}`;
  if (!URL.canParse(url)) return [];
  const { host, port } = new URL(url);
  return port === '' ? [host, `${host}:${req.socket.localPort}`] : [host];
}
