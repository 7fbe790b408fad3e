export { type CgiOptions, cgi, type ServedScript } from './cgi-script.ts';
export type { CgiScript } from './cgi-script-run.ts';
export { serve } from './serve.ts';
export type { ProgramOptions, Served, ServeOptions } from './serve-options.ts';
