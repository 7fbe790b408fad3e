/** Names, in lower case and otherwise as they came, and values. */
export type Headers = readonly (readonly [string, string])[];

/** A way to tell where a request's body ends, as servers have told it at some time. */
export interface Reading {
  /** What a server with it does: "a server that …". */
  readonly does: string;
  /**
   * The body, which begins at `from`, and where the next request begins.
   *
   * @returns undefined if more has to come
   */
  body(headers: Headers, text: string, from: number): { body: string; end: number } | undefined;
}

const valuesOf = (headers: Headers, wanted: string) =>
  headers.filter(([name]) => name === wanted).map(([, value]) => value.trim());

const plain = (text: string, from: number, length: number) =>
  text.length < from + length
    ? undefined
    : { body: text.slice(from, from + length), end: from + length };

/** Goes by Content-Length, of whose values it makes a number. */
const byLength = (does: string, number: (values: readonly string[]) => number): Reading => ({
  does,
  body: (headers, text, from) =>
    plain(text, from, number(valuesOf(headers, 'content-length')) || 0),
});

/** Goes by Transfer-Encoding where the header is there, under a name that is made plain first. */
const byChunks = (
  does: string,
  size: (line: string) => number = (line) => Number.parseInt(line, 16),
  plainName: (name: string) => string = (name) => name,
): Reading => ({
  does,
  body(headers, text, from) {
    const named = headers.map(([name, value]) => [plainName(name), value] as const);
    const isChunked = valuesOf(named, 'transfer-encoding').some((value) => /chunked/i.test(value));
    if (isChunked) return chunks(text, from, size);
    return plain(text, from, Number.parseInt(valuesOf(named, 'content-length')[0] ?? '0', 10));
  },
});

function chunks(
  text: string,
  from: number,
  size: (line: string) => number,
): { body: string; end: number } | undefined {
  let body = '';
  for (let at = from; ; ) {
    const lineEnd = text.indexOf('\n', at);
    if (lineEnd < 0) return undefined;
    const length = size(text.slice(at, lineEnd).trim());
    at = lineEnd + 1;
    // It knows no trailers; the empty line is skipped before the next request.
    if (length === 0) return { body, end: at };
    if (text.length < at + length) return undefined;
    body += text.slice(at, at + length);
    at += length;
    at += /^\r?\n?/.exec(text.slice(at, at + 2))?.[0].length ?? 0;
  }
}

const firstLength = ([first = '0']: readonly string[]) => Number.parseInt(first, 10);

export const byLengthAlone = byLength('knows Content-Length alone', firstLength);

export const byLastLength = byLength('takes the last of several lengths', (values) =>
  Number(values.join(',').split(',').at(-1)),
);

export const byPlainLength = byLength('takes a length with a sign for none', ([value = '']) =>
  /^\d+$/.test(value) ? Number(value) : 0,
);

export const byChunksFirst = byChunks('prefers Transfer-Encoding, and knows no trailers');

export const byTrimmedChunks = byChunks('takes the space before a colon away', undefined, (name) =>
  name.trim(),
);

export const byUnderscores = byChunks('takes an underscore for a dash', undefined, (name) =>
  name.replaceAll('_', '-'),
);

export const byPlainChunks = byChunks('takes a chunk with an extension for the last', (line) =>
  /^[\da-f]+$/i.test(line) ? Number.parseInt(line, 16) : 0,
);

export const byWrappedChunks = byChunks('counts chunks in 64 bits', (line) =>
  Number(BigInt.asUintN(64, BigInt(`0x${line}`))),
);

export const byNothing: Reading = {
  does: 'reads no body where it wants none',
  body: (_headers, _text, from) => ({ body: '', end: from }),
};
