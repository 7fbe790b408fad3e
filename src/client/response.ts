import type { Readable } from 'node:stream';
import type { ResponseHead } from '../cgi/response-head.ts';
import type { EndRequestBody } from '../protocol/index.ts';

/** The answer to a request: complete up to the end of its head, the body still to come. */
export interface ClientResponse extends ResponseHead {
  /**
   * The body. The application is read as fast as this is, so consume or destroy it; destroying it
   * aborts the request. It fails with the error that cut it off, so that a part never passes for the whole.
   */
  readonly body: Readable;
  /** What the application has written to FCGI_STDERR so far, as UTF-8; at most the first 64 KiB. */
  readonly stderr: string;
  /**
   * FCGI_END_REQUEST. It comes after the body, so that one must be read for this to resolve; rejects
   * with what cut the body off.
   */
  readonly completed: Promise<EndRequestBody>;
}
