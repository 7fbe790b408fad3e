import { createServer, type Server as HttpServer, type ServerOptions } from 'node:http';
import { type Listener, toRequestListener } from '../server/listener.ts';
import type { Host, ServeOptions } from './serve-options.ts';

const DEFAULT_PORT = 3000;

/** The options of `createServer()` that `http.createServer()` has too, with the same meaning. */
const sharedOptions = [
  'IncomingMessage',
  'ServerResponse',
  'requestTimeout',
  'keepAliveTimeout',
] as const;

/** Makes the server of plain HTTP. */
export function createHttpServer(listener: Listener, options: ServeOptions): HttpServer {
  const shared = sharedOptions.flatMap((name) =>
    options[name] === undefined ? [] : [[name, options[name]] as const],
  );
  const httpOptions: ServerOptions = Object.fromEntries(shared);
  const server = createServer(httpOptions, toRequestListener(listener));
  if (options.maxConnections !== undefined) server.maxConnections = options.maxConnections;
  return closeAfterLastResponse(server);
}

/** A server that was closed would else wait for the client of each connection that had a request. */
export function closeAfterLastResponse(server: HttpServer): HttpServer {
  return server.on('request', (_req, res) => {
    res.once('close', () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
  });
}

/** Listens on the port, or the path, of the options or the environment. */
export function listenHttp(server: HttpServer, options: ServeOptions, host: Host): void {
  const port = options.port ?? (host.env.PORT || DEFAULT_PORT);
  const isPath = typeof port === 'string' && Number.isNaN(Number(port));
  try {
    if (isPath) server.listen(port);
    else server.listen({ port: Number(port), host: options.hostname });
  } catch (error) {
    // A port that is none; whoever waits for 'error' gets it there.
    process.nextTick(() => server.emit('error', error));
  }
}
