/** Puts a path, which begins with a slash and does not end in one, before the paths of an application. */
type BaseRule = (text: string, path: string) => string;

/** How each server is told the path under which an application is mounted. */
export const baseRules: { readonly [server: string]: readonly BaseRule[] } = {
  // A location that is `internal` belongs to the server.
  nginx: [
    (text, path) =>
      text.replace(/^( *location )(\/\S*)( \{)(?!(?:\s*#.*)*\s*internal;)/gm, `$1${path}$2$3`),
  ],
  apache: [
    (text, path) =>
      text.replace(/^( *ProxyPass )"\/"( "[^"]*\/)"/gm, `$1"${path}/"$2${path.slice(1)}/"`),
    (text, path) => text.replace(/^( *<Location )"\/">/gm, `$1"${path}/">`),
  ],
  lighttpd: [(text, path) => text.replace(/^(fastcgi\.server = \( )"\/"/gm, `$1"${path}/"`)],
  caddy: [(text, path) => text.replace(/^(\s*reverse_proxy )(?=unix|\S+:\d)/gm, `$1${path}/* `)],
  h2o: [(text, path) => text.replace(/^( +)"\/":$/gm, `$1"${path}/":`)],
  haproxy: [
    (text, path) =>
      text.replace(
        /^( *)default_backend (\S+)/gm,
        `$1acl is_app path_beg ${path}/\n$1use_backend $2 if is_app`,
      ),
  ],
};
