import type { RequestListener } from 'node:http';
import { type MessageFactory, messageFactory } from '../http/message-classes.ts';
import { Role } from '../protocol/index.ts';
import { type Listener, toRequestListener } from './listener.ts';
import type { ServerOptions } from './options.ts';
import type { Server } from './server.ts';

/** How the requests of one role are answered. */
export interface RoleListener {
  /** Makes `req` and `res`. */
  readonly factory: MessageFactory;
  /** Answers a request. */
  readonly listener: RequestListener;
}

/**
 * Who answers the requests of each role (FastCGI §6).
 *
 * Those of a Responder are emitted as `'request'`, so that listeners may come and go as on `http.Server`.
 * An Authorizer and a Filter have one listener each: a function made to answer clients must not find itself
 * asked whether a request is allowed.
 */
export class Roles {
  readonly #server: Server;
  readonly #listeners = new Map<number, RoleListener>();

  constructor(server: Server, options: ServerOptions, listener: RequestListener | undefined) {
    this.#server = server;
    this.#listeners.set(Role.RESPONDER, {
      factory: messageFactory(options, listener),
      listener: (req, res) => void server.emit('request', req, res),
    });
    this.#add(Role.AUTHORIZER, options, options.authorizer);
    this.#add(Role.FILTER, options, options.filter);
  }

  /** How the requests of a role are answered; undefined if nobody answers them just now. */
  find(role: number): RoleListener | undefined {
    if (role === Role.RESPONDER && this.#server.listenerCount('request') === 0) return undefined;
    return this.#listeners.get(role);
  }

  #add(role: number, options: ServerOptions, listener: Listener | undefined): void {
    if (!listener) return;
    const requestListener = toRequestListener(listener);
    this.#listeners.set(role, {
      factory: messageFactory(options, requestListener),
      // An Express application has a bind() of its own, for the method BIND.
      listener: (req, res) => void Reflect.apply(requestListener, this.#server, [req, res]),
    });
  }
}
