import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { address, deployFile } from './deploy.ts';
import type { FrontEnd, FrontEndOptions } from './front-end.ts';
import { RunningProcess } from './process.ts';
import type { Program } from './requirement.ts';
import { startWebServer } from './start-web-server.ts';

export const CADDY: Program = { path: '/usr/bin/caddy', package: 'caddy' };

/** Caddy with deploy/caddy/Caddyfile, whose site is the test's own address over http and https. */
export async function startCaddy(options: FrontEndOptions): Promise<FrontEnd> {
  const { folder, application, certificate } = options;
  const file = join(folder, 'Caddyfile');
  const adminSocket = `unix//${folder}/admin.sock`;
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const caddy = await startWebServer(3, ({ ports: [plain, secure, ready], token }) => {
    const site = deployFile('caddy/Caddyfile', [
      ['unix//run/app/app.sock', address(application, 'unix/')],
    ]);
    // Caddy takes no certificate for an address of http, so the site is there twice.
    const at = (own: string) => site.replace('app.example.org {', () => own);
    const tls = certificate && `tls ${certificate.certificateFile} ${certificate.keyFile}`;
    writeFileSync(
      file,
      `{
	admin ${adminSocket}
	auto_https disable_redirects
	skip_install_trust
}
http://127.0.0.1:${ready} {
	respond /.ready ${token}
}
${at(`http://127.0.0.1:${plain} {`)}
${tls ? at(`https://127.0.0.1:${secure} {\n\t${tls}`) : ''}`,
    );
    return { command: CADDY.path, args: ['run', '--config', file, '--adapter', 'caddyfile'], env };
  });
  const reload = async () => {
    const args = ['reload', '--force', '--config', file, '--adapter', 'caddyfile'];
    const command = new RunningProcess(CADDY.path, [...args, '--address', adminSocket], { env });
    if ((await command.ended) !== 0) throw new Error(`caddy reload failed:\n${command.output}`);
  };
  return {
    ...caddy,
    secureOrigin: `https://127.0.0.1:${caddy.ports[1]}`,
    streamingOrigin: caddy.origin,
    reload,
  };
}
