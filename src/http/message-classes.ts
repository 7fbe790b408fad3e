import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import { bornWith, type MessageClass } from './born-message.ts';
import type { RequestSocket } from './request-socket.ts';

/** Makes the two objects of a request. */
export interface MessageFactory {
  createIncoming(socket: RequestSocket): IncomingMessage;
  createResponse(incoming: IncomingMessage): ServerResponse;
}

/** Classes to use instead of Node's, as in the options of `http.createServer()`. */
export interface MessageClasses {
  readonly IncomingMessage?: typeof IncomingMessage | undefined;
  readonly ServerResponse?: typeof ServerResponse | undefined;
}

/**
 * Chooses how the `req` and `res` for a listener are made.
 *
 * Express gives each `req` and `res` the prototypes `app.request` and `app.response`. Changing the prototype
 * of such objects costs several microseconds, and makes all that touches them slower; objects that are born with
 * these prototypes make it a no-op.
 */
export function messageFactory(
  classes: MessageClasses,
  listener: RequestListener | undefined,
): MessageFactory {
  const app = listener as { request?: unknown; response?: unknown } | undefined;
  return {
    createIncoming: creator(classes.IncomingMessage, IncomingMessage, app?.request),
    createResponse: creator(classes.ServerResponse, ServerResponse, app?.response),
  };
}

function creator<Message extends object>(
  Chosen: MessageClass<Message> | undefined,
  Default: MessageClass<Message>,
  prototype: unknown,
): (argument: unknown) => Message {
  const Class = Chosen ?? Default;
  if (!Chosen && prototype instanceof Default) return bornWith(Default, prototype);
  return (argument) => new Class(argument as never);
}
