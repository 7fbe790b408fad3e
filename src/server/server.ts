import { errorMonitor } from 'node:events';
import { type AddressInfo, type BlockList, Server as NetServer, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { FcgiError } from '../errors.ts';
import { PairDecoder } from '../protocol/index.ts';
import { PairReader } from '../protocol/pair-reader.ts';
import { allowedClients, isAllowed } from './allowed-clients.ts';
import { Connection } from './connection.ts';
import { ConnectionList } from './connection-list.ts';
import { type ListenHandle, type ListenOptions, listen } from './listen.ts';
import { type Listener, toRequestListener } from './listener.ts';
import { resolveOptions, type ServerOptions, type ServerSettings } from './options.ts';
import { namelessPeers, peerName } from './peer-name.ts';
import { releaseSocket } from './release-socket.ts';
import { Roles } from './roles.ts';
import type { OtherEvent, ServerEvents, ServerListener } from './server-events.ts';
import type { SocketFile } from './socket-path.ts';
import { emptyQueue } from './waiting-queue.ts';

/** A FastCGI server with the surface of `http.Server`; {@link ServerEvents} lists its events. */
export class Server extends NetServer {
  /** Milliseconds of inactivity after which a request's socket emits `'timeout'`; 0 means never. */
  timeout = 0;
  /** Headers that a request may have; more are answered 431. 0 means no limit. */
  maxHeadersCount: number;
  requestTimeout: number;
  keepAliveTimeout: number;
  /** @internal */
  readonly settings: ServerSettings;
  /** @internal */
  readonly roles: Roles;
  /** @internal */
  readonly variableReader = new PairReader();
  /** @internal */
  readonly pairs = new PairDecoder();
  /** @internal Requests that wait for the end of their PARAMS. */
  halfOpenRequests = 0;
  readonly #allowed: BlockList | undefined;
  readonly #connections = new ConnectionList();
  /** What those are called that have no address; also after the server was closed. */
  #namelessPeers = 'unknown';
  /** @internal Whether peers may have an address, as those of a Unix socket have not. */
  hasAddress = true;
  #running = 0;
  #served = 0;
  #closing = false;
  /** What it listens on, where that was there before. */
  #descriptor: number | undefined;
  #file: SocketFile | undefined;
  /** Ends the accepting of what waits in the queue of a socket that closes. */
  #stopAccepting: (() => void) | undefined;

  constructor(options: ServerOptions = {}, listener?: Listener) {
    const settings = resolveOptions(options);
    const { highWaterMark } = settings;
    super({ allowHalfOpen: true, noDelay: true, highWaterMark });
    this.settings = settings;
    this.maxHeadersCount = settings.maxHeadersCount;
    this.requestTimeout = this.settings.requestTimeout;
    this.keepAliveTimeout = this.settings.keepAliveTimeout;
    this.maxConnections = this.settings.maxConnections;
    const requestListener = listener && toRequestListener(listener);
    this.roles = new Roles(this, options, requestListener);
    this.#allowed = allowedClients(options.allowedClients, process.env.FCGI_WEB_SERVER_ADDRS);
    if (requestListener) this.on('request', requestListener);
    this.on('connection', (socket: Socket) => this.#accept(socket));
    this.on('listening', () => {
      const address = this.address();
      this.#namelessPeers = namelessPeers(address);
      this.hasAddress = typeof address !== 'string';
    });
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
    this.#stopAccepting?.();
    this.#closing = false;
    const server = this;
    listen(
      {
        get listening() {
          return server.listening;
        },
        start: (...started: unknown[]) => {
          this.#descriptor = (started[0] as { fd?: number } | undefined)?.fd;
          super.listen(...(started as []));
        },
        owner: {
          own: (file) => {
            this.#file = file;
          },
          abandon: () => void super.close(),
          nameInError: (path, temporary) => this.#nameInError(path, temporary),
        },
        cancelled: () => this.#closing,
        fail: (error: unknown) => void this.emit('error', error),
      },
      args,
    );
    return this;
  }

  /** The path of the Unix socket, or the address and port; null if the server does not listen. */
  override address(): AddressInfo | string | null {
    return this.#file?.path ?? super.address();
  }

  /** @internal */
  // @ts-expect-error Node's is an accessor as well; its types call it a property
  override get listening(): boolean {
    return this.#stopAccepting === undefined && Reflect.get(NetServer.prototype, 'listening', this);
  }

  /**
   * Stops accepting, has the web server let go of idle connections, and lets requests finish. Connections that
   * are made already, and requests that are on their way on idle ones, are served.
   */
  override close(callback?: (error?: Error) => void): this {
    this.#closing = true;
    this.#stopListening(callback);
    for (const connection of this.#connections.now()) connection.retire();
    return this;
  }

  /** Closes the connections on which no request is under way. */
  closeIdleConnections(): void {
    for (const connection of this.#connections.now()) if (connection.idle) connection.destroy();
  }

  /** Closes all connections; requests under way see a disconnected client. */
  closeAllConnections(): void {
    for (const connection of this.#connections.now()) connection.destroy();
  }

  /** Sets `timeout`, and a listener for `'timeout'`. */
  setTimeout(msecs = 0, callback?: ServerListener<'timeout'>): this {
    this.timeout = msecs;
    if (callback) this.on('timeout', callback);
    return this;
  }

  /** A socket with a file is closed once nobody can connect any more and all who did were accepted. */
  #stopListening(callback?: (error?: Error) => void): void {
    this.#stopAccepting?.();
    const file = this.#file;
    if (!file) {
      const fd = this.listening ? this.#descriptor : undefined;
      super.close(callback);
      return releaseSocket(fd);
    }
    this.#file = undefined;
    file.remove();
    const cancel = emptyQueue(this, () => this.#stopAccepting?.());
    this.#stopAccepting = () => {
      this.#stopAccepting = undefined;
      cancel();
      super.close(callback);
    };
  }

  #nameInError(path: string, temporary: string): void {
    const rename = (error: NodeJS.ErrnoException & { address?: string }) => {
      if (error.address !== temporary) return;
      const { stack } = error;
      error.address = path;
      error.message = error.message.replace(temporary, path);
      error.stack = stack?.replace(temporary, path) as string;
    };
    super.once(errorMonitor as never, rename);
    super.once('listening', () => super.off(errorMonitor as never, rename));
  }

  #accept(socket: Socket): void {
    if (!isAllowed(this.#allowed, socket)) {
      socket.destroy();
      return;
    }
    const connection = new Connection(this, socket);
    this.#connections.add(connection);
    if (this.#closing) connection.retire();
  }

  /** @internal */
  connectionClosed(connection: Connection): void {
    this.#connections.delete(connection);
  }

  /** @internal */
  peerName(socket: Socket): string {
    return peerName(socket, this.#namelessPeers);
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
