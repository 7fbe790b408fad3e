/** What an operation of a request that was cut off fails with, as with an `AbortSignal` in Node's own. */
export function abortError(): Error {
  return Object.assign(new Error('The request was aborted'), {
    name: 'AbortError',
    code: 'ABORT_ERR',
  });
}

/** What a second response fails with, as in `http`. */
export function headersSentError(): Error {
  return Object.assign(new Error('The response was begun already'), {
    code: 'ERR_HTTP_HEADERS_SENT',
  });
}

/** What an argument of the wrong type fails with. */
export function argumentTypeError(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_TYPE' });
}

/** How streams fail whose other end went away. */
const DISCONNECTED = new Set([
  'ABORT_ERR',
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** Whether an error may follow from the client having gone. */
export function isDisconnect(error: unknown): boolean {
  const { name, code } = Object(error) as { name?: unknown; code?: unknown };
  return name === 'AbortError' || DISCONNECTED.has(String(code));
}
