import { startApacheWith } from '../../frontends/support/apache-site.ts';
import { startNginxWith } from '../../frontends/support/nginx.ts';
import type { RunningWebServer } from '../../frontends/support/start-web-server.ts';

/** nginx that hands requests on over HTTP, on connections that it keeps, as its documentation shows. */
export function startNginxProxy(folder: string, port: number): Promise<RunningWebServer> {
  return startNginxWith(folder, 1, ([plain] = []) => [
    `upstream http_upstream { server 127.0.0.1:${port}; keepalive 4; }
     server {
       listen 127.0.0.1:${plain};
       location / {
         proxy_pass http://http_upstream;
         proxy_http_version 1.1;
         proxy_set_header Connection "";
       }
     }`,
  ]);
}

/** The same with Apache: it keeps its connections unless it is told otherwise. One process has all of them. */
export function startApacheProxy(folder: string, port: number): Promise<RunningWebServer> {
  return startApacheWith(
    folder,
    ['proxy_http'],
    ([plain] = []) => `StartServers 1
ServerLimit 1
ThreadsPerChild 25
MaxRequestWorkers 25
<VirtualHost 127.0.0.1:${plain}>
  ProxyPass "/" "http://127.0.0.1:${port}/"
</VirtualHost>`,
  );
}
