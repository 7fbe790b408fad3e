import { headerName, isCanonical } from './header-name.ts';

/** What a meta-variable is to the head of a request. */
export const Kind = {
  OTHER: 0,
  HEADER: 1,
  METHOD: 2,
  URI: 3,
  PROTOCOL: 4,
  CONTENT_LENGTH: 5,
  CONTENT_TYPE: 6,
  HEADER_CONTENT_TYPE: 7,
  AUTHORIZATION: 8,
  REDIRECTED_AUTHORIZATION: 9,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** What the name of a meta-variable says. */
export interface VariableMeaning {
  readonly kind: Kind;
  /** The header that it stands for, in lower case; '' if it is none. */
  readonly header: string;
  /** Whether no other variable that web servers make stands for the same header. */
  readonly canonical: boolean;
}

const variableKinds: Readonly<Record<string, Kind>> = {
  __proto__: null as never,
  REQUEST_METHOD: Kind.METHOD,
  REQUEST_URI: Kind.URI,
  SERVER_PROTOCOL: Kind.PROTOCOL,
  CONTENT_LENGTH: Kind.CONTENT_LENGTH,
  CONTENT_TYPE: Kind.CONTENT_TYPE,
};

const headerKinds: Readonly<Record<string, Kind>> = {
  __proto__: null as never,
  // CONTENT_TYPE and CONTENT_LENGTH stand for these two (RFC 3875 §4.1.18).
  'content-type': Kind.HEADER_CONTENT_TYPE,
  'content-length': Kind.OTHER,
  // Transfer codings end at the web server (RFC 9112 §6.1); the body comes as a stream of records.
  'transfer-encoding': Kind.OTHER,
  authorization: Kind.AUTHORIZATION,
};

/** Apache renames variables at each internal redirect, as after a rewrite in `.htaccess`. */
const REDIRECTED_AUTHORIZATION = /^(REDIRECT_)+HTTP_AUTHORIZATION$/;

/** Tells what a meta-variable is by its name. */
export function variableMeaning(name: string): VariableMeaning {
  const header = headerName(name);
  const canonical = header === '' || isCanonical(name);
  if (header !== '') return { kind: headerKinds[header] ?? Kind.HEADER, header, canonical };
  const kind = REDIRECTED_AUTHORIZATION.test(name)
    ? Kind.REDIRECTED_AUTHORIZATION
    : (variableKinds[name] ?? Kind.OTHER);
  return { kind, header, canonical };
}
