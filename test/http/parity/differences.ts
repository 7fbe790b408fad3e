import type { Head, Seen } from './log.ts';
import type { Answer } from './message.ts';

/** All that was seen of one case on one side. */
export interface Outcome {
  readonly answers: Answer[];
  readonly seen: Seen[];
  readonly entries: string[];
  /** Of the requests of the case, in bytes. */
  readonly bodyLengths: number[];
}

/**
 * A difference that the wire makes. The page `docs/differences-from-http.md` tells the reason of each.
 *
 * What `http` did is translated to what FastCGI must do, so that an allowance allows one outcome and not
 * any.
 */
export interface Difference {
  readonly id: string;
  /** Whether it is allowed in each case, without being named. */
  readonly everywhere?: boolean;
  readonly translate: (http: Outcome) => Outcome;
}

const table = [
  {
    id: 'response-connection',
    everywhere: true,
    translate: eachAnswer(withoutHeaders(/^(connection|keep-alive|proxy-connection|upgrade):/i)),
  },
  {
    id: 'response-framing',
    everywhere: true,
    translate: eachAnswer(withoutHeaders(/^transfer-encoding:/i)),
  },
  {
    id: 'response-length',
    translate: eachAnswer((answer) => ({
      ...answer,
      headers: [...answer.headers, `Content-Length: ${answer.body.length}`],
    })),
  },
  {
    id: 'request-header-names',
    everywhere: true,
    translate: eachHead((head) => ({ ...head, rawHeaders: inOrderOfVariables(head.rawHeaders) })),
  },
  {
    id: 'request-duplicate-headers',
    translate: eachHead((head) => ({ ...head, rawHeaders: joined(head.rawHeaders) })),
  },
  {
    id: 'request-header-underscores',
    translate: eachHead(withoutRequestHeaders((name) => name.includes('_'))),
  },
  {
    id: 'request-chunked',
    translate: (outcome) => ({
      ...outcome,
      seen: outcome.seen.map((seen, i) => ({
        ...seen,
        head: withContentLength(seen.head, String(outcome.bodyLengths[i])),
      })),
    }),
  },
  {
    id: 'request-absolute-form',
    translate: eachHead((head) => ({ ...head, url: head.url?.replace(/^http:\/\/[^/]*/, '') })),
  },
  {
    id: 'request-trailers',
    translate: eachEnd((end) => ({ ...end, trailers: [] })),
  },
  {
    id: 'request-host',
    translate: servedAsTheNext(withoutRequestHeaders((name) => name === 'host')),
  },
  {
    id: 'request-expect',
    translate: servedAsTheNext((head) => ({
      ...head,
      headers: [['expect', 'magic'], ...head.headers],
      rawHeaders: [...head.rawHeaders, 'expect', 'magic'],
    })),
  },
  {
    id: 'socket-per-request',
    translate: (outcome) => ({
      ...outcome,
      entries: outcome.entries.map((entry) =>
        entry.replace('socket lives: true', 'socket lives: false'),
      ),
    }),
  },
  {
    id: 'response-trailers',
    translate: eachAnswer((answer) => ({
      ...withoutHeaders(/^trailer:/i)(answer),
      trailers: [],
    })),
  },
  {
    id: 'response-interim',
    translate: eachAnswer((answer) => ({ ...answer, interim: [] })),
  },
  {
    id: 'response-switching',
    translate: (outcome) => ({
      ...eachEnd((end) => ({ ...end, headersSent: false, statusMessage: '' }))(outcome),
      entries: outcome.entries.map((entry) =>
        entry.replace('protocols: allowed', 'protocols: ERR_HTTP_INVALID_STATUS_CODE'),
      ),
    }),
  },
  {
    id: 'response-status-header',
    translate: eachAnswer(withoutHeaders(/^status:/i)),
  },
] as const satisfies readonly Difference[];

export type DifferenceId = (typeof table)[number]['id'];

export const differences: readonly Difference[] = table;

/** What FastCGI must do where `http` did this. */
export function expectedOverFcgi(http: Outcome, allowed: readonly Difference[]): Outcome {
  return allowed.reduce((outcome, { translate }) => translate(outcome), http);
}

function eachAnswer(change: (answer: Answer) => Answer): Difference['translate'] {
  return (outcome) => ({ ...outcome, answers: outcome.answers.map(change) });
}

function eachHead(change: (head: Head) => Head): Difference['translate'] {
  return (outcome) => ({
    ...outcome,
    seen: outcome.seen.map((seen) => ({ ...seen, head: change(seen.head) })),
  });
}

function eachEnd(change: (end: NonNullable<Seen['end']>) => Seen['end']): Difference['translate'] {
  return (outcome) => ({
    ...outcome,
    seen: outcome.seen.map((seen) => ({ ...seen, end: seen.end && change(seen.end) })),
  });
}

/** A first request that `http` refused is answered as the second one, whose head differs a little. */
function servedAsTheNext(change: (head: Head) => Head): Difference['translate'] {
  return (outcome) => {
    const [answer, seen] = [outcome.answers[1] as Answer, outcome.seen[0] as Seen];
    return {
      ...outcome,
      answers: [answer, answer],
      seen: [{ ...seen, head: change(seen.head) }, seen],
      entries: [...outcome.entries, ...outcome.entries],
    };
  };
}

function withoutHeaders(pattern: RegExp): (answer: Answer) => Answer {
  return (answer) => ({
    ...answer,
    headers: answer.headers.filter((line) => !pattern.test(line)),
  });
}

type Pair = [name: string, value: string];

function pairsOf(rawHeaders: readonly string[]): Pair[] {
  return rawHeaders.flatMap((name, i) => (i % 2 ? [] : [[name, rawHeaders[i + 1] as string]]));
}

function withoutRequestHeaders(isGone: (name: string) => boolean): (head: Head) => Head {
  return (head) => ({
    ...head,
    headers: head.headers.filter(([name]) => !isGone(name)),
    rawHeaders: pairsOf(head.rawHeaders)
      .filter(([name]) => !isGone(name.toLowerCase()))
      .flat(),
  });
}

/** The web server took the whole body before it sent the request on. */
function withContentLength(head: Head, length: string): Head {
  const { headers, rawHeaders, ...rest } = withoutRequestHeaders(
    (name) => name === 'transfer-encoding',
  )(head);
  return {
    ...rest,
    headers: [['content-length', length] as const, ...headers].sort(([a], [b]) => (a < b ? -1 : 1)),
    rawHeaders: inOrderOfVariables(['content-length', length, ...rawHeaders]),
  };
}

/** In lower case; the two that have variables of their own come first, what stands in for framing last. */
function inOrderOfVariables(rawHeaders: readonly string[]): string[] {
  const ranks: Record<string, number> = {
    'content-type': 1,
    'content-length': 2,
    'transfer-encoding': 4,
  };
  return pairsOf(rawHeaders)
    .map(([name, value]): Pair => [name.toLowerCase(), value])
    .sort(([a], [b]) => (ranks[a] ?? 3) - (ranks[b] ?? 3))
    .flat();
}

function joined(rawHeaders: readonly string[]): string[] {
  const all = new Map<string, string>();
  for (const [name, value] of pairsOf(rawHeaders)) {
    const before = all.get(name);
    const separator = name.toLowerCase() === 'cookie' ? '; ' : ', ';
    all.set(name, before === undefined ? value : before + separator + value);
  }
  return [...all].flat();
}
