/** 1 MiB in which no two blocks of 64 KiB are the same. */
export const MEBIBYTE = Buffer.alloc(
  1024 * 1024,
  Buffer.from(Uint8Array.from({ length: 65_537 }, (_, i) => (i * 7) % 251)),
);
