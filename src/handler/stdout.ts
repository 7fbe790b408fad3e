import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ResponseHeadReader } from '../cgi/response-head.ts';
import { FcgiError } from '../errors.ts';
import { abortError, headersSentError } from './errors.ts';
import { setCgiHead } from './response-head.ts';
import { drained } from './write-to.ts';

type Callback = (error?: Error | null) => void;

/** Where the body of a response goes; it is `length` bytes long if that is known already. */
export type OpenBody = (length?: number) => Writable;

/**
 * The standard output of a CGI program (RFC 3875 §6): a head, an empty line, and the body, which are sent
 * as the response. The head is checked, so that no response is made of what is none.
 */
export class HandlerStdout extends Writable {
  readonly #res: ServerResponse;
  readonly #openBody: OpenBody;
  readonly #reader = new ResponseHeadReader();
  #body: Writable | undefined;
  #begun = false;
  #last = false;
  #gathering = false;

  constructor(res: ServerResponse, openBody: OpenBody) {
    super();
    this.#res = res;
    this.#openBody = openBody;
    // Whoever writes gets the error; nobody has to listen.
    this.on('error', () => {});
    const close = () => {
      if (!this.writableFinished && !res.writableFinished) this.destroy(abortError());
    };
    if (res.destroyed) close();
    else res.once('close', close);
  }

  /** Whether something was written. */
  get begun(): boolean {
    return this.#begun || this.writableLength > 0;
  }

  /**
   * Keeps what is written until the end of this turn of the event loop, unless that is much. A response
   * that is complete by then leaves in one piece, and its length is known.
   */
  gather(): void {
    if (this.#gathering || this.writableNeedDrain) return;
    this.#gathering = true;
    this.cork();
    setImmediate(() => this.release());
  }

  /** Passes on what was kept. */
  release(): void {
    if (!this.#gathering) return;
    this.#gathering = false;
    this.uncork();
  }

  /** Ends the output if nobody did, and waits until all of it was passed on. */
  async finish(): Promise<void> {
    if (!this.destroyed && !this.writableEnded) {
      this.#last = true;
      this.end();
    }
    if (this.errored) throw this.errored;
    if (!this.writableFinished) await finished(this);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.#begun = true;
    try {
      if (this.#body) this.#pass(chunk, this.#body, callback);
      else this.#takeHead(chunk, callback);
    } catch (error) {
      callback(error as Error);
    }
  }

  override _writev(chunks: { chunk: Buffer }[], callback: Callback): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'utf8', callback);
  }

  override _final(callback: Callback): void {
    if (this.#body) this.#body.end();
    else if (this.#begun) return callback(incompleteHeadError());
    // Nothing was written: the response is whatever `res` says, by default an empty 200.
    else if (!this.#res.headersSent) this.#openBody(0).end();
    callback();
  }

  #takeHead(chunk: Buffer, callback: Callback): void {
    if (this.#res.headersSent) throw headersSentError();
    const taken = this.#reader.push(chunk);
    if (!taken) return callback();
    const { head, rest } = taken;
    setCgiHead(this.#res, head);
    this.#body = this.#openBody(this.#last ? rest.length : undefined);
    // The end of a response that is here already takes the body along; else the head must not wait.
    if (this.#last && this.#body === this.#res) {
      this.#body.end(rest);
      callback();
    } else {
      this.#pass(rest, this.#body, callback);
    }
  }

  #pass(chunk: Buffer, body: Writable, callback: Callback): void {
    if (body.write(chunk)) callback();
    else drained(body).then(() => callback(), callback);
  }
}

function incompleteHeadError(): FcgiError {
  const message = 'The output ended before the empty line after its head';
  return new FcgiError('ERR_FCGI_RESPONSE_HEAD', message);
}
