import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';

const STDIN = 0;

/**
 * Lets go of a listening socket that its server has closed. Node keeps descriptors of standard streams open: web
 * servers would still connect, and be reset when the process ends.
 */
export function releaseSocket(fd: number | undefined): void {
  if (fd !== STDIN) return;
  closeSync(fd);
  // The lowest number that is free: whatever is opened next must not become the standard input.
  openSync(devNull, 'r');
}
