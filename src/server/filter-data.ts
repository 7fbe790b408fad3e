import { Readable } from 'node:stream';
import { type Flow, InputStream, type Outlet } from './input-stream.ts';

const intoReadable: Outlet<Readable> = {
  push: (data, piece) => data.push(piece),
  end: (data) => void data.push(null),
};

/**
 * FCGI_DATA of a Filter: the file that it filters (FastCGI §6.4).
 *
 * Nothing is lost if it is read late, and nothing has to be read: a Filter may answer from a cache.
 */
export class FilterData extends Readable {
  readonly input: InputStream<Readable>;

  constructor(flow: Flow) {
    super({ highWaterMark: flow.settings.highWaterMark });
    this.input = new InputStream(flow, intoReadable);
    this.input.attach(this);
  }

  override _read(): void {
    this.input.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.input.close();
    // As with `req`: whoever does not listen does not care, and the process must not end for it.
    process.nextTick(() => callback(this.listenerCount('error') > 0 ? error : null));
  }

  /** The request was answered. What nobody reads, or can wholly come no more, is dropped. */
  release(): void {
    if (this.readableEnded) return;
    if (!this.#isRead()) this.destroy();
    else if (!this.input.ended) this.destroy(cutOff());
  }

  /** The request was cut off. */
  abort(error: Error = cutOff()): void {
    if (!this.readableEnded) this.destroy(error);
  }

  #isRead(): boolean {
    const { readableDidRead, readableFlowing } = this;
    return readableDidRead || readableFlowing !== null || this.listenerCount('readable') > 0;
  }
}

/** The error that `req` gets when the client goes away. */
function cutOff(): Error {
  return Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
}
