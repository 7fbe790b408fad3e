/** Exit codes; where curl has one for the same cause, it is that one. */
export const ExitCode = {
  OK: 0,
  FAILURE: 1,
  USAGE: 2,
  CONNECT: 7,
  WEIRD_REPLY: 8,
  PARTIAL: 18,
  STATUS: 22,
  WRITE: 23,
  READ: 26,
  TIMEOUT: 28,
  EMPTY_REPLY: 52,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What each of them means, for the help. */
export const meanings: readonly (readonly [ExitCode, string])[] = [
  [ExitCode.OK, 'All went well; of ping: the application is healthy.'],
  [
    ExitCode.FAILURE,
    'A failure that has no code of its own: a module that cannot be loaded or served, an address in use, an application that refuses the request.',
  ],
  [ExitCode.USAGE, 'The command line is wrong.'],
  [ExitCode.CONNECT, 'The application cannot be reached.'],
  [
    ExitCode.WEIRD_REPLY,
    'What came is no FastCGI, or no CGI response: an HTTP server, a malformed or too large head.',
  ],
  [ExitCode.PARTIAL, 'The body of the response was cut off, or has not the length that was told.'],
  [ExitCode.STATUS, 'The status is 400 or above; of get only with --fail.'],
  [ExitCode.WRITE, 'The output cannot be written.'],
  [ExitCode.READ, 'A file that was to be sent cannot be read.'],
  [ExitCode.TIMEOUT, 'The application was silent for too long.'],
  [ExitCode.EMPTY_REPLY, 'The connection was closed before the head of the response was complete.'],
];
