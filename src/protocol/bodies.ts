import { FCGI_KEEP_CONN } from './constants.ts';

/** The content of FCGI_BEGIN_REQUEST (FastCGI §5.1). */
export interface BeginRequestBody {
  /** 1 Responder, 2 Authorizer, 3 Filter; others may come. */
  readonly role: number;
  /** Whether the application leaves the connection open after the request. */
  readonly keepConnection: boolean;
}

/** The content of FCGI_END_REQUEST (FastCGI §5.5). */
export interface EndRequestBody {
  /** The exit status a CGI program would have had: an unsigned 32-bit number. */
  readonly appStatus: number;
  readonly protocolStatus: number;
}

/**
 * Reads the 8 bytes of an FCGI_BEGIN_REQUEST body.
 *
 * @param at where they begin
 */
export function decodeBeginRequest(content: Buffer, at = 0): BeginRequestBody {
  return {
    role: content.readUInt16BE(at),
    keepConnection: ((content[at + 2] as number) & FCGI_KEEP_CONN) !== 0,
  };
}

/** Reads the 8 bytes of an FCGI_END_REQUEST body. */
export function decodeEndRequest(content: Buffer): EndRequestBody {
  return { appStatus: content.readUInt32BE(0), protocolStatus: content[4] as number };
}

/** The 8 bytes of an FCGI_BEGIN_REQUEST body. */
export function encodeBeginRequest({ role, keepConnection }: BeginRequestBody): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt16BE(role, 0);
  body[2] = keepConnection ? FCGI_KEEP_CONN : 0;
  return body;
}

/** The 8 bytes of an FCGI_END_REQUEST body. */
export function encodeEndRequest({ appStatus, protocolStatus }: EndRequestBody): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt32BE(appStatus, 0);
  body[4] = protocolStatus;
  return body;
}

/** The 8 bytes of an FCGI_UNKNOWN_TYPE body: the type that was not understood (FastCGI §4.2). */
export function encodeUnknownType(type: number): Buffer {
  const body = Buffer.alloc(8);
  body[0] = type;
  return body;
}
