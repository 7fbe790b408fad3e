/** Called when a piece of the response was sent, or could not be. */
export type WriteCallback = (error?: Error | null) => void;

/** One request's side of the wire, as the objects of this layer see it. */
export interface Exchange {
  /** Bytes of the response that wait to be sent, those of others on the same connection included. */
  readonly writableLength: number;

  /** Whether all of the request body has come, be it read or not. */
  readonly bodyEnded: boolean;

  /**
   * Sends a piece of the response.
   *
   * @returns false if the sender had better wait for `'drain'`
   */
  write(chunk: string | Uint8Array, encoding?: BufferEncoding, callback?: WriteCallback): boolean;

  /** Ends the request: its response is complete. */
  finish(): void;

  /** Ends the request whose response will not be completed. */
  abort(): void;

  /** Lets more of the request body come. */
  resumeBody(): void;

  /** The value of a meta-variable (RFC 3875 §4.1). */
  variable(name: string): string | undefined;
}
