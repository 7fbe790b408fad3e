import { type BlockList, Server as NetServer, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { FcgiError } from '../errors.ts';
import { allowedClients, isAllowed } from './allowed-clients.ts';
import { Connection } from './connection.ts';
import { type ListenHandle, type ListenOptions, listen } from './listen.ts';
import { type Listener, toRequestListener } from './listener.ts';
import { resolveOptions, type ServerOptions, type ServerSettings } from './options.ts';
import { releaseSocket } from './release-socket.ts';
import { Roles } from './roles.ts';
import type { OtherEvent, ServerEvents, ServerListener } from './server-events.ts';

/** A FastCGI server with the surface of `http.Server`; {@link ServerEvents} lists its events. */
export class Server extends NetServer {
  /** Milliseconds of inactivity after which a request's socket emits `'timeout'`; 0 means never. */
  timeout = 0;
  requestTimeout: number;
  keepAliveTimeout: number;
  /** @internal */
  readonly settings: ServerSettings;
  /** @internal */
  readonly roles: Roles;
  readonly #allowed: BlockList | undefined;
  readonly #connections = new Set<Connection>();
  #running = 0;
  #served = 0;
  #closing = false;
  /** What it listens on, where that was there before. */
  #descriptor: number | undefined;

  constructor(options: ServerOptions = {}, listener?: Listener) {
    super({ allowHalfOpen: true, noDelay: true });
    this.settings = resolveOptions(options);
    this.requestTimeout = this.settings.requestTimeout;
    this.keepAliveTimeout = this.settings.keepAliveTimeout;
    this.maxConnections = this.settings.maxConnections;
    const requestListener = listener && toRequestListener(listener);
    this.roles = new Roles(this, options, requestListener);
    this.#allowed = allowedClients(options.allowedClients, process.env.FCGI_WEB_SERVER_ADDRS);
    if (requestListener) this.on('request', requestListener);
    this.on('connection', (socket: Socket) => this.#accept(socket));
  }

  override on<Name extends keyof ServerEvents>(event: Name, listener: ServerListener<Name>): this;
  override on<Name extends string>(
    event: OtherEvent<Name>,
    listener: (...args: never[]) => void,
  ): this;
  override on(event: string, listener: (...args: never[]) => void): this {
    return super.on(event, listener as () => void);
  }

  override once<Name extends keyof ServerEvents>(event: Name, listener: ServerListener<Name>): this;
  override once<Name extends string>(
    event: OtherEvent<Name>,
    listener: (...args: never[]) => void,
  ): this;
  override once(event: string, listener: (...args: never[]) => void): this {
    return super.once(event, listener as () => void);
  }

  /**
   * Starts to listen, with the call shapes of `net.Server`, and:
   * - without a port or path, on the socket that the process inherited: systemd's (LISTEN_FDS,
   *   LISTEN_PID), else file descriptor 0; `'error'` with `ERR_FCGI_NO_LISTEN_SOCKET` if there is none;
   * - a path where a process that was killed left its socket file is taken over. `'error'` with
   *   `EADDRINUSE` if somebody listens there, with `ERR_FCGI_NOT_A_SOCKET` if the file is no socket.
   */
  override listen(listeningListener?: () => void): this;
  override listen(path: string, backlog?: number, listeningListener?: () => void): this;
  override listen(path: string, listeningListener?: () => void): this;
  override listen(options: ListenOptions, listeningListener?: () => void): this;
  override listen(
    port?: number,
    hostname?: string,
    backlog?: number,
    listeningListener?: () => void,
  ): this;
  override listen(port?: number, hostname?: string, listeningListener?: () => void): this;
  override listen(port?: number, backlog?: number, listeningListener?: () => void): this;
  override listen(port?: number, listeningListener?: () => void): this;
  override listen(handle: ListenHandle, backlog?: number, listeningListener?: () => void): this;
  override listen(handle: ListenHandle, listeningListener?: () => void): this;
  override listen(...args: unknown[]): this {
    this.#closing = false;
    const server = this;
    const target = {
      get listening() {
        return server.listening;
      },
      start: (...started: unknown[]) => {
        this.#descriptor = (started[0] as { fd?: number } | undefined)?.fd;
        super.listen(...(started as []));
      },
      cancelled: () => this.#closing,
      fail: (error: unknown) => void this.emit('error', error),
    };
    listen(target, args);
    return this;
  }

  /**
   * Stops accepting, closes idle connections, and lets requests finish. A connection on which nothing has come yet
   * has a second for its first request, since whoever made it was let in.
   */
  override close(callback?: (error?: Error) => void): this {
    this.#closing = true;
    const fd = this.listening ? this.#descriptor : undefined;
    super.close(callback);
    releaseSocket(fd);
    for (const connection of this.#connections) connection.retire();
    return this;
  }

  /** Closes the connections on which no request is under way. */
  closeIdleConnections(): void {
    for (const connection of this.#connections) if (connection.idle) connection.destroy();
  }

  /** Closes all connections; requests under way see a disconnected client. */
  closeAllConnections(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  /** Sets `timeout`, and a listener for `'timeout'`. */
  setTimeout(msecs = 0, callback?: ServerListener<'timeout'>): this {
    this.timeout = msecs;
    if (callback) this.on('timeout', callback);
    return this;
  }

  #accept(socket: Socket): void {
    if (!isAllowed(this.#allowed, socket)) {
      socket.destroy();
      return;
    }
    const connection = new Connection(this, socket);
    this.#connections.add(connection);
    socket.on('close', () => this.#connections.delete(connection));
  }

  /** @internal */
  get closing(): boolean {
    return this.#closing;
  }

  /** @internal */
  get overloaded(): boolean {
    return this.#running >= this.settings.maxConcurrentRequests;
  }

  /** @internal */
  requestBegan(): void {
    this.#running++;
    this.#served++;
    if (this.#served === this.settings.maxRequests) this.close();
  }

  /** @internal */
  requestEnded(): void {
    this.#running--;
  }

  /** @internal */
  reportDrop(socket: Socket): void {
    this.emit('dropRequest', socket);
  }

  /** @internal */
  reportConnectionError(error: Error, socket: Socket): void {
    this.emit('clientError', error, socket);
  }

  /**
   * Listeners written for `http` answer on the socket that they get. What they write must not get among the
   * records of the connection, so they get one that leads nowhere.
   *
   * @internal
   */
  reportRequestError(error: FcgiError): void {
    this.emit('clientError', error, new Duplex().destroy());
  }
}
