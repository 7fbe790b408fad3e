export { FcgiError, type FcgiErrorCode, ProtocolError, type ProtocolErrorCode } from './errors.ts';
export {
  createServer,
  type ListenOptions,
  type RequestContext,
  Server,
  type ServerEvents,
  type ServerOptions,
} from './server/index.ts';
