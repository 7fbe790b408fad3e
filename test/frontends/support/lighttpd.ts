import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeExecutable } from './programs.ts';
import type { Program } from './requirement.ts';
import { type RunningWebServer, type Setup, startWebServer } from './start-web-server.ts';

export const LIGHTTPD: Program = { path: '/usr/sbin/lighttpd', package: 'lighttpd' };

/**
 * lighttpd that starts programs: under /started the application, `*.cgi` as plain CGI, and an Authorizer
 * in front of all that is in /members.
 */
export function startLighttpdWithPrograms(folder: string): Promise<RunningWebServer> {
  const members = join(folder, 'www', 'members');
  mkdirSync(members);
  writeFileSync(join(members, 'list.txt'), 'Alice, Bob');
  writeFileSync(
    join(members, 'me.cgi'),
    '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\n$MEMBER, $SEEN"\n',
    { mode: 0o755 },
  );
  writeExecutable(join(folder, 'www', 'any.cgi'), 'any');
  return start(
    folder,
    ['mod_fastcgi', 'mod_cgi'],
    `fastcgi.server = (
  "/app" => ((
    "bin-path" => "${writeExecutable(join(folder, 'spawned'), 'spawned')}",
    "bin-environment" => ( "GREETING" => "from lighttpd" ),
    "socket" => "${folder}/spawned.sock",
    "max-procs" => 1,
    "check-local" => "disable"
  )),
  "/members/" => ((
    "mode" => "authorizer",
    "docroot" => "${folder}/www",
    "bin-path" => "${writeExecutable(join(folder, 'authorizer'), 'authorizer')}",
    "socket" => "${folder}/authorizer.sock",
    "max-procs" => 1,
    "check-local" => "disable"
  ))
)
cgi.assign = ( ".cgi" => "" )`,
  );
}

function start(
  folder: string,
  modules: readonly string[],
  configuration: string,
): Promise<RunningWebServer> {
  const file = join(folder, 'lighttpd.conf');
  const logFile = join(folder, 'error.log');
  return startWebServer(1, ({ ports: [port], token }: Setup) => {
    writeFileSync(join(folder, 'www', '.ready'), token);
    writeFileSync(
      file,
      `
server.modules = ( ${modules.map((name) => `"${name}"`).join(', ')} )
server.bind = "127.0.0.1"
server.port = ${port}
server.document-root = "${folder}/www"
server.upload-dirs = ( "${folder}" )
server.stream-response-body = 2
server.errorlog = "${logFile}"
mimetype.assign = ( "" => "text/plain" )
${configuration}
`,
    );
    return { command: LIGHTTPD.path, args: ['-D', '-f', file], logFile };
  });
}
