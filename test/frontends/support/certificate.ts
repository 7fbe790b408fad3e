import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunningProcess } from './process.ts';
import type { Program } from './requirement.ts';

export const OPENSSL: Program = { path: '/usr/bin/openssl', package: 'openssl' };

/** A self-signed certificate for 127.0.0.1. */
export interface Certificate {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly pem: string;
}

export async function makeCertificate(folder: string): Promise<Certificate> {
  const certificateFile = join(folder, 'certificate.pem');
  const keyFile = join(folder, 'key.pem');
  const openssl = new RunningProcess(
    OPENSSL.path,
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1
      -addext subjectAltName=IP:127.0.0.1`
      .split(/\s+/)
      .concat('-keyout', keyFile, '-out', certificateFile),
  );
  if ((await openssl.ended) !== 0) throw new Error(`openssl failed:\n${openssl.output}`);
  return { certificateFile, keyFile, pem: readFileSync(certificateFile, 'latin1') };
}
