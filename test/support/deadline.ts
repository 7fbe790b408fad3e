/** Fails a wait that would hang; generous, since it measures nothing. */
export const DEADLINE_MS = 30_000;

/** The promise, or an error that names what was waited for. */
export async function within<Value>(
  what: string,
  promise: Promise<Value>,
  msecs: number = DEADLINE_MS,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${msecs} ms for ${what}`)), msecs);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
