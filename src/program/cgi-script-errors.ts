import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { Writable } from 'node:stream';

type Callback = (error?: Error | null) => void;

/**
 * The standard error of a script, on its way to FCGI_STDERR.
 *
 * Callbacks of what is written go on as the script that wrote it. A web server that goes away is no error
 * here: it is no reason to end the process.
 */
export class ScriptErrors extends Writable {
  readonly #target: Writable;
  readonly #outside = AsyncLocalStorage.snapshot();
  #waiting: (() => void)[] = [];

  constructor(target: Writable) {
    super();
    this.#target = target;
    const ignore = () => {};
    target.on('error', ignore);
    this.on('error', ignore);
  }

  /** Calls the function when all that was written is sent: after the end of its request it would be lost. */
  whenSent(callback: () => void): void {
    if (this.writableLength === 0 || this.destroyed) callback();
    else this.#waiting.push(callback);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    const proceed = AsyncResource.bind((error?: Error | null) => this.#sent(callback, error));
    this.#outside(() => this.#target.write(chunk, proceed));
  }

  override _writev(chunks: { readonly chunk: Buffer }[], callback: Callback): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'utf8', callback);
  }

  #sent(callback: Callback, error?: Error | null): void {
    callback(error);
    if (this.writableLength > 0 && !error) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) one();
  }
}
