import { channel } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Server } from './server.ts';

/** What every message of the server's channels holds. */
export interface ConnectionMessage {
  readonly server: Server;
  /** The connection to the web server, which requests may share. */
  readonly socket: Socket;
  /** The web server's end of it: `192.0.2.1:4711`, or `unix:/run/app.sock`. */
  readonly peer: string;
}

/** A request that the application has, or had. */
export interface RequestMessage extends ConnectionMessage {
  readonly requestId: number;
  /** 1 Responder, 2 Authorizer, 3 Filter. */
  readonly role: number;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** A request whose response is complete. */
export interface RequestEndMessage extends RequestMessage {
  /** What FCGI_END_REQUEST tells as the exit status. */
  readonly appStatus: number;
}

/** A request that was cut off. */
export interface RequestAbortMessage extends RequestMessage {
  /**
   * Who ended it: `web server` by FCGI_ABORT_REQUEST or the end of its connection, `application` by
   * destroying `req` or `res`, `error` because of what came, or did not come in time.
   */
  readonly by: 'web server' | 'application' | 'error';
  /** The error, which `'clientError'` gets too. */
  readonly error?: Error;
}

/** A request that never got to the application. */
export interface RequestRefuseMessage extends ConnectionMessage {
  readonly requestId: number;
  readonly role: number;
  /** 1 FCGI_CANT_MPX_CONN, 2 FCGI_OVERLOADED, 3 FCGI_UNKNOWN_ROLE. */
  readonly protocolStatus: number;
}

/** What `'clientError'` gets, with the connection that it came up on. */
export interface ErrorMessage extends ConnectionMessage {
  readonly error: Error & { readonly code?: string };
}

/** The channels of `node:diagnostics_channel` that the server publishes on, and their messages. */
export interface ServerChannels {
  'fcgi.server.connection': ConnectionMessage;
  'fcgi.server.connection.close': ConnectionMessage;
  'fcgi.server.request.start': RequestMessage;
  'fcgi.server.request.end': RequestEndMessage;
  'fcgi.server.request.abort': RequestAbortMessage;
  'fcgi.server.request.refuse': RequestRefuseMessage;
  'fcgi.server.error': ErrorMessage;
}

/** A channel; whoever publishes asks first whether anybody subscribed, and makes no message otherwise. */
export interface ServerChannel<Message> {
  readonly hasSubscribers: boolean;
  publish(message: Message): void;
}

function serverChannel<Name extends keyof ServerChannels>(
  name: Name,
): ServerChannel<ServerChannels[Name]> {
  return channel(name);
}

export const connectionChannel = serverChannel('fcgi.server.connection');
export const connectionCloseChannel = serverChannel('fcgi.server.connection.close');
export const requestStartChannel = serverChannel('fcgi.server.request.start');
export const requestEndChannel = serverChannel('fcgi.server.request.end');
export const requestAbortChannel = serverChannel('fcgi.server.request.abort');
export const requestRefuseChannel = serverChannel('fcgi.server.request.refuse');
export const errorChannel = serverChannel('fcgi.server.error');
