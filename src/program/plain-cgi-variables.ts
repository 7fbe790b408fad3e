import { readFileSync } from 'node:fs';

/** What Node puts where bytes of a variable are not UTF-8. */
const REPLACEMENT = '\u{fffd}';

/**
 * The meta-variables that a CGI program finds in its environment (RFC 3875 §4.1).
 *
 * @param raw the environment's own bytes, asked for only when Node's text has lost some
 * @returns names and values in turn; each character is a byte, as on the wire of FastCGI
 */
export function environmentVariables(
  environment: NodeJS.ProcessEnv,
  raw: () => Buffer = readOwnEnvironment,
): string[] {
  const entries = Object.entries(environment).filter(([, value]) => value !== undefined);
  const damaged = entries.some(([, value]) => value?.includes(REPLACEMENT));
  const bytes = damaged ? rawValues(raw) : new Map<string, string>();
  return entries.flatMap(([name, value = '']) => [
    name,
    value.includes(REPLACEMENT) ? (bytes.get(name) ?? toBytes(value)) : toBytes(value),
  ]);
}

function toBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function rawValues(raw: () => Buffer): Map<string, string> {
  const entries = raw().toString('latin1').split('\0');
  return new Map(
    entries.map((entry) => {
      const equals = entry.indexOf('=');
      return [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
}

/** Only Linux has the file; elsewhere what Node has lost stays lost. */
function readOwnEnvironment(): Buffer {
  try {
    return readFileSync('/proc/self/environ');
  } catch {
    return Buffer.alloc(0);
  }
}
