import type { Writable } from 'node:stream';
import type { Role } from '../protocol/index.ts';
import type { RecordListener } from './record-observer.ts';
import type { RequestHeaders } from './request-headers.ts';
import type { RequestBody } from './request-input.ts';

/** A request to a FastCGI application. */
export interface RequestOptions {
  /** The method of HTTP, which becomes REQUEST_METHOD. @default 'GET' */
  readonly method?: string | undefined;
  /**
   * The path and query as a client of HTTP sends them, percent-encoded; a URL gives Host and HTTPS too.
   * It becomes REQUEST_URI, PATH_INFO (the decoded path), QUERY_STRING and what else web servers make of
   * it. An application that is a script needs SCRIPT_FILENAME and SCRIPT_NAME in `params`.
   * @default '/'
   */
  readonly url?: string | URL | undefined;
  /**
   * Headers of HTTP, which become HTTP_* variables, CONTENT_TYPE and CONTENT_LENGTH. Not sent are those
   * that belong to a connection, `Proxy`, and names with other characters than letters, digits and dashes:
   * they could pass for another header.
   * @default none
   */
  readonly headers?: RequestHeaders | undefined;
  /**
   * Meta-variables (RFC 3875 §4.1) that are added to those of `method`, `url` and `headers`, or put in their
   * place; `undefined` takes one away. `params` without any of these three are all that is sent.
   *
   * Strings are bytes as latin1, as they come from `http`: `Buffer.from(fileName).toString('latin1')` makes
   * one of other text.
   */
  readonly params?: Readonly<Record<string, string | undefined>> | undefined;
  /**
   * What the application reads as STDIN. Bytes must not change until they are sent. A stream is read as
   * the application reads; one that was not read to its end is left as it is. CONTENT_LENGTH is added for
   * strings, bytes, and the stream of `fs.createReadStream(path)` of a file.
   * @default nothing
   */
  readonly body?: RequestBody;
  /**
   * What a Filter reads as FCGI_DATA, sent after the body; in the forms of `body`. FCGI_DATA_LENGTH is
   * added where CONTENT_LENGTH would be, FCGI_DATA_LAST_MOD for a file.
   * @default nothing
   */
  readonly data?: RequestBody;
  /** Role (FastCGI §6). An Authorizer gets no STDIN. @default Responder, 1 */
  readonly role?: Role | undefined;
  /**
   * Aborts the request, at whatever stage: its connection is closed, as web servers do, unless other
   * requests share it, which FCGI_ABORT_REQUEST spares.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds to connect, and of silence from the application; 0 for any. Not counted is the time to
   * wait for a connection, and the silence of who fills the body or reads the answer.
   * @default the client's
   */
  readonly timeout?: number | undefined;
  /** Takes FCGI_STDERR as it comes, without waiting for `'drain'`. @default nothing */
  readonly stderr?: Writable | undefined;
  /**
   * Sees the records of this request, whole and in their order: those sent when they are handed to the
   * system, those received before they are acted on. It must not throw. @default nothing
   */
  readonly onRecord?: RecordListener | undefined;
}
