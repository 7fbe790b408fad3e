import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FcgiError } from '../../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { Failure, messageOf } from '../failure.ts';
import type { Host } from '../host.ts';

/** Where a response is written to. */
export class Output {
  readonly #name: string;
  readonly #stream: Writable;
  readonly #isFile: boolean;
  #failure: Failure | undefined;

  /** @param file relative to the current folder; undefined or `-` is the standard output */
  constructor(file: string | undefined, { process }: Host) {
    this.#isFile = file !== undefined && file !== '-';
    this.#name = this.#isFile ? (file as string) : 'the standard output';
    this.#stream = this.#isFile
      ? createWriteStream(resolve(process.cwd(), file as string))
      : process.stdout;
    this.#stream.once('error', (error) => {
      const message = `Cannot write to ${this.#name}: ${messageOf(error)}`;
      this.#failure = new Failure(ExitCode.WRITE, message, error);
    });
  }

  /**
   * Writes the head and the body, and waits until they are out.
   *
   * @throws {Failure} if they cannot be written, or the body is cut off
   */
  async write(head: Buffer, body: Readable, onBytes: (count: number) => void): Promise<void> {
    const pieces = async function* () {
      if (head.length > 0) yield head;
      for await (const chunk of body as AsyncIterable<Buffer>) {
        onBytes(chunk.length);
        yield chunk;
      }
    };
    try {
      await pipeline(pieces, this.#stream, { end: this.#isFile });
    } catch (error) {
      throw this.#failure ?? cutOff(error);
    }
  }
}

/** A connection that closes within the body leaves a part of it; before it left nothing. */
function cutOff(error: unknown): unknown {
  const closed = error instanceof FcgiError && error.code === 'ERR_FCGI_CONNECTION_CLOSED';
  return closed ? new Failure(ExitCode.PARTIAL, messageOf(error), error) : error;
}
