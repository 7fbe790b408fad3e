import { FcgiError } from '../errors.ts';

/**
 * A variable that tells the length of a stream.
 *
 * @returns the bytes; undefined if the value is empty: the length is then not known
 * @throws {FcgiError} `ERR_FCGI_META_VARIABLE` if the value is no number
 */
export function lengthVariable(name: string, value: string): number | undefined {
  if (value === '') return undefined;
  if (/^\d+$/.test(value) && Number.isSafeInteger(Number(value))) return Number(value);
  throw new FcgiError('ERR_FCGI_META_VARIABLE', `${name} is ${JSON.stringify(value)}`);
}
