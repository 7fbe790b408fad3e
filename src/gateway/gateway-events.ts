import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DropArgument, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** The events of `Gateway`: those of `http.Server`, and its own. */
export interface GatewayEvents {
  /** A request failed for another reason than that its client went away. docs/gateway.md lists them. */
  gatewayError: [error: Error & { code?: string }, req: IncomingMessage];
  checkContinue: [req: IncomingMessage, res: ServerResponse];
  checkExpectation: [req: IncomingMessage, res: ServerResponse];
  clientError: [error: Error & { code?: string }, socket: Duplex];
  close: [];
  connect: [req: IncomingMessage, socket: Duplex, head: Buffer];
  connection: [socket: Socket];
  drop: [data?: DropArgument];
  dropRequest: [req: IncomingMessage, socket: Duplex];
  error: [error: Error];
  listening: [];
  request: [req: IncomingMessage, res: ServerResponse];
  timeout: [socket: Socket];
  upgrade: [req: IncomingMessage, socket: Duplex, head: Buffer];
}

/** A listener for one of them. */
export type GatewayListener<Name extends keyof GatewayEvents> = (
  ...args: GatewayEvents[Name]
) => void;

/** The name of an event of somebody else's; one of ours must not pass for it with a wrong listener. */
export type OtherEvent<Name extends string> = Name extends keyof GatewayEvents ? never : Name;
