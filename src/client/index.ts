export {
  Client,
  type ClientOptions,
  checkOptions,
  getValues,
  request,
  type ValuesOptions,
} from './client.ts';
export type { PoolOptions } from './pool.ts';
export type { ObservedRecord, RecordListener } from './record-observer.ts';
export { RequestRefusedError } from './refused.ts';
export type { RequestOptions } from './request.ts';
export type { RequestBody } from './request-body.ts';
export type { ClientResponse } from './response.ts';
export { parseTarget, type Target } from './target.ts';
