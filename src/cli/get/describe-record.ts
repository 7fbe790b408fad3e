import type { ObservedRecord } from '../../client/index.ts';
import {
  decodeEndRequest,
  FCGI_KEEP_CONN,
  PairDecoder,
  ProtocolStatus,
  RecordType,
  Role,
  recordTypeName,
} from '../../protocol/index.ts';
import { describeContent, readable } from './describe-content.ts';

/** A record in words. */
export interface RecordDescription {
  /** Its name, its id and what is short. */
  readonly head: string;
  /** Lines that tell what it holds. */
  readonly content: readonly string[];
}

/** Puts a record in words, also one that is malformed. */
export function describeRecord(record: ObservedRecord): RecordDescription {
  const { type, requestId, content } = record;
  const name = `${recordTypeName(type)} id ${requestId}`;
  try {
    const words = describeBody(type, content);
    if (words) return { head: `${name}: ${words.head}`, content: words.content };
  } catch {
    // What it should hold it does not: its bytes are shown instead.
  }
  // That it is empty says nothing.
  if (type === RecordType.ABORT_REQUEST) return { head: name, content: [] };
  return { head: `${name}: ${sizeOf(content)}`, content: describeContent(content) };
}

/** What a record holds that is no stream of bytes. */
function describeBody(type: number, content: Buffer): RecordDescription | undefined {
  switch (type) {
    case RecordType.BEGIN_REQUEST:
      return { head: beginRequest(content), content: [] };
    case RecordType.END_REQUEST:
      return { head: endRequest(content), content: [] };
    case RecordType.PARAMS:
      return { head: sizeOf(content), content: [] };
    case RecordType.GET_VALUES:
    case RecordType.GET_VALUES_RESULT:
      return { head: `${content.length} bytes`, content: describePairs(content) };
    default:
      return undefined;
  }
}

function sizeOf(content: Buffer): string {
  return content.length === 0 ? 'end of the stream' : `${content.length} bytes`;
}

function beginRequest(content: Buffer): string {
  const role = content.readUInt16BE(0);
  const keepConnection = (content.readUInt8(2) & FCGI_KEEP_CONN) !== 0;
  return `${nameOf(Role, role) ?? `role ${role}`}${keepConnection ? ', FCGI_KEEP_CONN' : ''}`;
}

function endRequest(content: Buffer): string {
  const { appStatus, protocolStatus } = decodeEndRequest(content);
  const status = nameOf(ProtocolStatus, protocolStatus) ?? `protocol status ${protocolStatus}`;
  return `${status}, appStatus ${appStatus}`;
}

function nameOf(names: Readonly<Record<string, number>>, value: number): string | undefined {
  const name = Object.entries(names).find(([, one]) => one === value)?.[0];
  return name && `FCGI_${name}`;
}

function describePairs(block: Buffer): string[] {
  const pairs = new PairDecoder().decode(block);
  const names = pairs.filter((_, i) => i % 2 === 0);
  return names.map((name, i) => `${readable(name)} = ${readable(pairs[2 * i + 1] as string)}`);
}

/** PARAMS are one stream, whose pairs may straddle records: they can be told when it has ended. */
export class ParamsStream {
  #pieces: Buffer[] = [];

  /** @returns the variables in lines, at the end of the stream */
  push(content: Buffer): string[] {
    if (content.length > 0) {
      this.#pieces.push(content);
      return [];
    }
    const block = Buffer.concat(this.#pieces);
    this.#pieces = [];
    return describePairs(block);
  }
}
