import type { RecordListener } from '../../client/index.ts';
import { RecordType } from '../../protocol/index.ts';
import type { Host } from '../host.ts';

/** Milliseconds between two lines, and before the first: what is quick shows none. */
const INTERVAL_MS = 250;

const ERASE_LINE = '\r\x1b[K';

/** Tells on a terminal how much of an upload or a download is done. */
export class Progress {
  readonly #host: Host;
  readonly #timer: NodeJS.Timeout;
  #what = 'sending';
  #bytes = 0;
  #total: number | undefined;
  #start = performance.now();
  #shown = false;

  constructor(host: Host, total: number | undefined) {
    this.#host = host;
    this.#total = total;
    this.#timer = setInterval(() => this.#show(), INTERVAL_MS);
  }

  /** Counts what was sent of the request body. */
  readonly onRecord: RecordListener = (direction, { type, content }) => {
    if (direction === 'sent' && type === RecordType.STDIN) this.add(content.length);
  };

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Begins to count the response body. */
  receive(total: number | undefined): void {
    this.#what = 'receiving';
    this.#bytes = 0;
    this.#total = total;
    this.#start = performance.now();
  }

  /** Takes the line away: something else is to be written. */
  stop(): void {
    clearInterval(this.#timer);
    if (this.#shown) this.#host.process.stderr.write(ERASE_LINE);
    this.#shown = false;
  }

  #show(): void {
    if (this.#bytes === 0) return;
    const seconds = (performance.now() - this.#start) / 1000;
    const line = progressLine(this.#what, this.#bytes, this.#total, seconds);
    this.#host.process.stderr.write(ERASE_LINE + line);
    this.#shown = true;
  }
}

/** `sending 1.5 MiB of 3.0 MiB (50 %), 512.0 KiB/s` */
export function progressLine(
  what: string,
  bytes: number,
  total: number | undefined,
  seconds: number,
): string {
  const rate = `${formatBytes(bytes / seconds)}/s`;
  if (total === undefined) return `${what} ${formatBytes(bytes)}, ${rate}`;
  const percent = total === 0 ? 100 : Math.floor((100 * bytes) / total);
  return `${what} ${formatBytes(bytes)} of ${formatBytes(total)} (${percent} %), ${rate}`;
}

function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
