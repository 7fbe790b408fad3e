import { APACHE } from '../frontends/support/apache.ts';
import { apacheSite, startApacheWith } from '../frontends/support/apache-site.ts';
import { deployFile } from '../frontends/support/deploy.ts';
import type { FrontEnd, FrontEndOptions } from '../frontends/support/front-end.ts';
import { NGINX, nginxSite, startNginxWith } from '../frontends/support/nginx.ts';
import { describeWith } from '../frontends/support/requirement.ts';
import { ANEW_OVER_UNIX, useSite } from '../frontends/support/site.ts';
import type { RunningWebServer } from '../frontends/support/start-web-server.ts';
import { pathInfoAttacks } from './rules/paths.ts';

/* No file of deploy/ sends PATH_INFO; sites that once ran a CGI program may. */

const pathOf = ({ application }: FrontEndOptions) =>
  'path' in application ? application.path : '';

const site = (webServer: RunningWebServer): FrontEnd => ({
  ...webServer,
  secureOrigin: webServer.origin,
  streamingOrigin: webServer.origin,
  reload: () => webServer.signal('SIGHUP', ''),
});

async function startNginx(options: FrontEndOptions): Promise<FrontEnd> {
  const pass = `include fastcgi_params;
    fastcgi_param PATH_INFO $uri;
    fastcgi_pass unix:${pathOf(options)};`;
  const nginx = await startNginxWith(options.folder, 1, ([plain] = []) => [
    nginxSite('nginx/socket.conf', [['fastcgi_pass unix:/run/app/app.sock;', pass]], { plain }),
  ]);
  return site(nginx);
}

async function startApache(options: FrontEndOptions): Promise<FrontEnd> {
  const apache = await startApacheWith(options.folder, [], ([plain] = []) => {
    const text = deployFile('apache/unix.conf', [
      ['/run/app/app.sock', pathOf(options)],
      ['ServerName', 'SetEnvIf Request_URI . proxy-fcgi-pathinfo=unescape\n    ServerName'],
    ]);
    return apacheSite(text, { plain });
  });
  return site(apache);
}

for (const { name, program, start } of [
  { name: 'nginx', program: NGINX, start: startNginx },
  { name: 'Apache', program: APACHE, start: startApache },
]) {
  describeWith(`Through ${name} that sends PATH_INFO`, [program], () => {
    pathInfoAttacks(useSite(start, 'witness', ANEW_OVER_UNIX));
  });
}
