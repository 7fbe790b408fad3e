import { escapeControls } from '../failure.ts';

/** Bytes of a record that are shown. */
const SHOWN_BYTES = 2048;

/** Bytes in a line of what is no text. */
const HEX_BYTES = 16;

/** Bytes in lines: as text, or else in hexadecimal. */
export function describeContent(content: Buffer): string[] {
  const shown = content.subarray(0, SHOWN_BYTES);
  const lines = isText(shown) ? textLines(shown) : hexLines(shown);
  const left = content.length - shown.length;
  return left > 0 ? [...lines, `... and ${left} bytes more`] : lines;
}

/** A name or value as latin1, whose bytes are most likely UTF-8. */
export function readable(bytes: string): string {
  return escapeControls(Buffer.from(bytes, 'latin1').toString());
}

/** Text has no control characters, but for tab, line feed, carriage return, and what colors a log. */
function isText(bytes: Buffer): boolean {
  const allowed = [0x09, 0x0a, 0x0d, 0x1b];
  return bytes.every((byte) => byte >= 0x20 || allowed.includes(byte));
}

function textLines(bytes: Buffer): string[] {
  if (bytes.length === 0) return [];
  const lines = bytes.toString().split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines.map(escapeControls);
}

function hexLines(bytes: Buffer): string[] {
  const count = Math.ceil(bytes.length / HEX_BYTES);
  return Array.from({ length: count }, (_, i) => {
    const line = bytes.subarray(i * HEX_BYTES, (i + 1) * HEX_BYTES);
    const hex = (line.toString('hex').match(/../g) ?? []).join(' ');
    const text = line.toString('latin1').replace(/[^ -~]/g, '.');
    return `${hex.padEnd(3 * HEX_BYTES)}${text}`;
  });
}
