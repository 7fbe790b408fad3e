export { type AccelHeader, type AccelMiddleware, type AccelOptions, accel } from './accel/index.ts';
export {
  Client,
  type ClientOptions,
  type ClientResponse,
  type EndRequestBody,
  getValues,
  type ObservedRecord,
  type RecordListener,
  type RequestBody,
  type RequestHeaders,
  type RequestOptions,
  RequestRefusedError,
  request,
  type Target,
  type ValuesOptions,
} from './client/index.ts';
export { FcgiError, type FcgiErrorCode, ProtocolError, type ProtocolErrorCode } from './errors.ts';
export {
  type AccessLog,
  createGateway,
  Gateway,
  type GatewayEvents,
  type GatewayOptions,
  type GatewayTarget,
  type ProxyMiddleware,
  type ProxyOptions,
  proxy,
} from './gateway/index.ts';
export {
  type Chunk,
  type Chunks,
  GzipHandler,
  Handler,
  type HandlerClass,
  type ResponseData,
} from './handler/index.ts';
export {
  type CgiOptions,
  type CgiScript,
  cgi,
  type ProgramOptions,
  type Served,
  type ServedScript,
  type ServeOptions,
  serve,
} from './program/index.ts';
export {
  type ConnectionMessage,
  createServer,
  type ErrorMessage,
  type Listener,
  type ListenOptions,
  type RequestAbortMessage,
  type RequestContext,
  type RequestEndMessage,
  type RequestMessage,
  type RequestRefuseMessage,
  Server,
  type ServerChannels,
  type ServerEvents,
  type ServerOptions,
} from './server/index.ts';
