import type { Host } from './host.ts';

/** What the shell's completion offers. */
export type Completion = 'file' | 'folder' | readonly string[];

/** An option of a command. */
export interface OptionSpec {
  /** A single letter. */
  readonly short?: string;
  /** What the value is called in the help; without it the option has none. */
  readonly value?: string;
  /** Whether it may be given more than once. */
  readonly multiple?: boolean;
  readonly help: string;
  readonly completion?: Completion;
}

/** An argument that is not an option. */
export interface ArgumentSpec {
  readonly name: string;
  readonly optional?: boolean;
  readonly help: string;
  readonly completion?: Completion;
}

/** The values of options that were given. */
export interface Values {
  readonly [option: string]: string | boolean | readonly string[] | undefined;
}

/** What was given on the command line. */
export interface Input {
  readonly args: readonly string[];
  readonly values: Values;
}

/** One of the things that `fcgi` does. */
export interface Command {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** Further paragraphs of the help. */
  readonly description: readonly string[];
  readonly arguments: readonly ArgumentSpec[];
  readonly options: { readonly [name: string]: OptionSpec };
  /** Command lines, each with what it does. */
  readonly examples: readonly (readonly [what: string, line: string])[];
  /**
   * Does it.
   *
   * @returns the exit code; undefined if the command runs on as a server, which ends the process itself
   */
  run(input: Input, host: Host): Promise<number | undefined>;
}
