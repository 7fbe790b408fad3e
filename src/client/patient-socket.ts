import { Socket } from 'node:net';

type Callback = (error?: Error | null) => void;

/**
 * A socket that a failed write does not destroy.
 *
 * An application may answer and close its end before it has read the request's body. Node would throw the
 * answer away, though it is there to be read, since the write that failed destroys the socket. Here a
 * write that fails just never ends; the end of what there is to read destroys the socket.
 */
export class PatientSocket extends Socket {
  /** Why nothing more can be written. */
  writeError: Error | undefined;

  override _write(chunk: unknown, encoding: BufferEncoding, callback: Callback): void {
    super._write(chunk, encoding, this.#patient(callback));
  }

  override _writev(
    chunks: { chunk: unknown; encoding: BufferEncoding }[],
    callback: Callback,
  ): void {
    super._writev?.(chunks, this.#patient(callback));
  }

  #patient(callback: Callback): Callback {
    return (error) => {
      if (error) this.writeError = error;
      else callback();
    };
  }
}
