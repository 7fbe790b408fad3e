/** What a process holds: bytes and numbers. */
export interface Vitals {
  readonly rss: number;
  /** The heap of JavaScript after a garbage collection, and what it keeps outside. */
  readonly heap: number;
  readonly handles: number;
  readonly descriptors: number;
}

export type Vital = keyof Vitals;

export const VITALS: readonly Vital[] = ['rss', 'heap', 'handles', 'descriptors'];

const MIB = 1024 * 1024;

/** How far the middle of the last third may lie above that of the second: noise, and no more. */
const TOLERANCE: Vitals = { rss: 24 * MIB, heap: 4 * MIB, handles: 24, descriptors: 24 };

/** What was held more and more, after the first third of the time, in which caches and heap fill. */
export function growing(samples: readonly Vitals[]): Vital[] {
  const third = Math.floor(samples.length / 3);
  return VITALS.filter((name) => {
    const values = samples.map((sample) => sample[name]);
    const growth = median(values.slice(2 * third)) - median(values.slice(third, 2 * third));
    return growth > TOLERANCE[name];
  });
}

/** A vital's middle value in each third. */
export function thirds(samples: readonly Vitals[], name: Vital): number[] {
  const third = Math.floor(samples.length / 3);
  const values = samples.map((sample) => sample[name]);
  return [0, 1, 2].map((n) =>
    median(values.slice(n * third, n === 2 ? undefined : (n + 1) * third)),
  );
}

export function show(name: Vital, value: number): string {
  return name === 'rss' || name === 'heap' ? `${(value / MIB).toFixed(1)} MiB` : String(value);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
