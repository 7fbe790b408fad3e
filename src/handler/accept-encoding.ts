/**
 * Whether a client prefers gzip to a body as it is (RFC 9110 §12.5.3). A client that does not say what it
 * accepts gets the body as it is.
 *
 * @param header the value of Accept-Encoding
 */
export function acceptsGzip(header: string | undefined): boolean {
  const weights = new Map((header ?? '').split(',').map(parseCoding));
  const gzip = weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0;
  return gzip > 0 && gzip >= (weights.get('identity') ?? 0);
}

const WEIGHT = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i;

/** A coding whose weight is malformed counts as not accepted. */
function parseCoding(item: string): [coding: string, weight: number] {
  const [coding = '', weight, ...rest] = item.split(';').map((part) => part.trim());
  const name = coding.toLowerCase();
  if (weight === undefined) return [name, 1];
  const match = rest.length === 0 ? WEIGHT.exec(weight) : null;
  return [name, Number(match?.[1] ?? 0)];
}
