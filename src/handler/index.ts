export { GzipHandler } from './gzip-handler.ts';
export { Handler, type HandlerClass, type ResponseData } from './handler.ts';
export type { Chunk, Chunks } from './payload.ts';
export { handlerListener, isHandlerClass } from './run.ts';
