import type { Readable } from 'node:stream';
import type { ResponseHead } from '../cgi/response-head.ts';
import { type BodySource, ResponseBody } from './response-body.ts';

/** Gives up the answers whose body nobody can read any more. */
const dropped = new FinalizationRegistry((source: BodySource) => source.abort(null));

/**
 * The body of a response, as the connection holds it: for as long as it has room only.
 *
 * A body that is full waits for its reader, and its connection with it. Who lets go of it without reading
 * or destroying it would leave both there for good; but then it is garbage, and ends its request as such.
 */
export class HeldBody implements BodySource {
  readonly #source: BodySource;
  readonly #reference: WeakRef<ResponseBody>;
  #body: ResponseBody | undefined;

  /** @throws {FcgiError} `ERR_FCGI_RESPONSE_HEAD` if the head tells no proper length */
  constructor(source: BodySource, head: ResponseHead, hasContent: boolean) {
    this.#source = source;
    this.#body = new ResponseBody(this, head, hasContent);
    this.#reference = new WeakRef(this.#body);
    dropped.register(this.#body, source);
  }

  /** For the reader. */
  get readable(): Readable {
    return this.#reference.deref() as Readable;
  }

  /**
   * Takes the next bytes.
   *
   * @returns whether there is room for more
   * @throws {FcgiError} `ERR_FCGI_BODY_LENGTH` if there are more than the head promised
   */
  receive(chunk: Buffer): boolean {
    const hasRoom = this.#reference.deref()?.receive(chunk) ?? false;
    if (!hasRoom) this.#body = undefined;
    return hasRoom;
  }

  /** What is wrong if the body ends here. */
  missing(): Error | undefined {
    return this.#reference.deref()?.missing();
  }

  end(): void {
    this.#reference.deref()?.push(null);
    this.#body = undefined;
  }

  destroy(error: Error): void {
    this.#reference.deref()?.destroy(error);
    this.#body = undefined;
  }

  resume(): void {
    this.#body = this.#reference.deref();
    this.#source.resume();
  }

  abort(error: Error | null): void {
    this.#source.abort(error);
  }
}
