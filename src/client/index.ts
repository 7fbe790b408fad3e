export type { EndRequestBody } from '../protocol/index.ts';
export { Client, getValues, request } from './client.ts';
export {
  type ClientOptions,
  checkOptions,
  type PoolOptions,
  type ValuesOptions,
} from './client-options.ts';
export type { ObservedRecord, RecordListener } from './record-observer.ts';
export { RequestRefusedError } from './refused.ts';
export type { RequestHeaders } from './request-headers.ts';
export type { RequestBody } from './request-input.ts';
export type { RequestOptions } from './request-options.ts';
export type { ClientResponse } from './response.ts';
export { parseTarget, type Target } from './target.ts';
