import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NGINX } from './nginx.ts';
import { type RunningWebServer, startWebServer } from './start-web-server.ts';

/** nginx in front of php-fpm with the lines that Debian brings for PHP. */
export function startNginxWithPhp(
  folder: string,
  { root, socket }: { root: string; socket: string },
): Promise<RunningWebServer> {
  const configuration = join(folder, 'nginx.conf');
  const logFile = join(folder, 'nginx-error.log');
  // The snippet includes it by a name relative to the configuration.
  symlinkSync('/etc/nginx/fastcgi.conf', join(folder, 'fastcgi.conf'));
  return startWebServer(1, ({ ports: [port], token }) => {
    writeFileSync(
      configuration,
      `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${logFile} info;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/client-body;
  fastcgi_temp_path ${folder}/fastcgi;
  proxy_temp_path ${folder}/proxy;
  scgi_temp_path ${folder}/scgi;
  uwsgi_temp_path ${folder}/uwsgi;
  server {
    listen 127.0.0.1:${port};
    server_name example.test;
    root ${root};
    index index.php;
    location = /.ready { return 200 ${token}; }
    location ~ \\.php(?:/|$) {
      include /etc/nginx/fastcgi_params;
      include /etc/nginx/snippets/fastcgi-php.conf;
      fastcgi_pass unix:${socket};
    }
  }
}
`,
    );
    return { command: NGINX.path, args: ['-p', `${folder}/`, '-c', configuration], logFile };
  });
}
