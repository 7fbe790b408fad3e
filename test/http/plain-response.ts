import { IncomingMessage, ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--allow-natives-syntax');

/** Whether V8 keeps an object by its shape, and not as a hash table. */
export const isKeptByShape = new Function('object', 'return %HasFastProperties(object)');

/** A response as Node makes it, with no socket. */
export function plainResponse(): ServerResponse {
  return new ServerResponse(new IncomingMessage(null as never));
}
