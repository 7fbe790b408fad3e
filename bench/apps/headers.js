/** The headers of a request that has forty beside Host: ten that the middleware read, and thirty that nobody does. */
export const FORTY_HEADERS = Object.freeze(
  Object.fromEntries([
    ...Array.from({ length: 10 }, (_, i) => [`X-Header-${i + 1}`, `value-of-header-${i + 1}`]),
    ...Array.from({ length: 30 }, (_, i) => [
      `X-Other-Header-${i + 1}`,
      `other value, number ${i + 1}`,
    ]),
  ]),
);
