import type { Server } from '../server/server.ts';
import { endWithin } from './drain.ts';
import { claimOutput } from './plain-cgi-output.ts';
import { PlainCgiRequest } from './plain-cgi-request.ts';
import { environmentVariables } from './plain-cgi-variables.ts';
import type { Host, ProgramSettings } from './serve-options.ts';

/** Whether a web server started the process for one request (RFC 3875 §4.1.4). */
export function isPlainCgi(environment: NodeJS.ProcessEnv): boolean {
  return Boolean(environment.GATEWAY_INTERFACE);
}

/**
 * Takes away the variable that outgoing HTTP clients take for the address of their proxy. Here it is the
 * header `Proxy` of the request: whoever sent it would read along (httpoxy).
 */
export function dropProxyVariable(environment: NodeJS.ProcessEnv): void {
  delete environment.HTTP_PROXY;
}

/**
 * Answers the one request of a CGI program by the server's listener.
 *
 * The process then ends by itself. What the application keeps open may hold it up for `drainTimeout`, no
 * longer: the web server waits for its end.
 */
export function runPlainCgi(server: Server, host: Host, { drainTimeout }: ProgramSettings): void {
  const variables = environmentVariables(host.env);
  dropProxyVariable(host.env);
  const { stderr } = host;
  const stdout = claimOutput(host.stdout, stderr);
  const request = new PlainCgiRequest(server, {
    variables,
    stdin: () => host.stdin,
    stdout,
    stderr,
  });
  void request.done.then((exitCode) => {
    if (exitCode !== 0) host.exitCode = exitCode & 0xff;
    endWithin(drainTimeout, server, host);
  });
  answerUncaught(request, host);
  // Routes and listeners may still be added by what follows the call of serve().
  setImmediate(() => request.dispatch());
}

/** An error that nobody caught has ended the only request there is: the client gets to know. */
function answerUncaught(request: PlainCgiRequest, host: Host): void {
  const crash = (error: Error) => {
    if (host.listenerCount('uncaughtException') > 1) return;
    request.crash(error);
    void request.done.then(() => host.exit(1));
  };
  host.on('uncaughtException', crash);
}
