import { parseArgs } from 'node:util';
import type { Command, Input, OptionSpec, Values } from './command.ts';
import { UsageError } from './failure.ts';

/** Options that every command has. */
export const commonOptions: { readonly [name: string]: OptionSpec } = {
  verbose: { short: 'v', help: 'Show the stack trace of an error.' },
  help: { short: 'h', help: 'Show this help.' },
};

/** All options of a command; it may describe the common ones by itself. */
export function optionsOf(command: Command): { readonly [name: string]: OptionSpec } {
  return { ...command.options, ...pickMissing(command) };
}

function pickMissing({ options }: Command): { readonly [name: string]: OptionSpec } {
  return Object.fromEntries(Object.entries(commonOptions).filter(([name]) => !options[name]));
}

/**
 * Reads the arguments of a command.
 *
 * @throws {UsageError} if they are not those that the command takes
 */
export function parse(command: Command, argv: readonly string[]): Input {
  const { values, positionals } = parseOptions(command, argv);
  if (values.help !== true) checkCount(command, positionals);
  return { args: positionals, values };
}

function parseOptions(
  command: Command,
  argv: readonly string[],
): { values: Values; positionals: string[] } {
  const options = Object.entries(optionsOf(command)).map(([name, { value, short, multiple }]) => {
    const type = value === undefined ? ('boolean' as const) : ('string' as const);
    return [name, { type, ...(short && { short }), ...(multiple && { multiple }) }] as const;
  });
  try {
    const config = { args: [...argv], allowPositionals: true, strict: true } as const;
    const parsed = parseArgs({ ...config, options: Object.fromEntries(options) });
    return { values: parsed.values as Values, positionals: parsed.positionals };
  } catch (error) {
    throw new UsageError(firstSentence((error as Error).message));
  }
}

/** What follows tells of a way to write an argument, and is longer than a line. */
function firstSentence(message: string): string {
  return message.replace(/\.\s[\s\S]*$/, '').replace(/\n[\s\S]*$/, '');
}

function checkCount(command: Command, positionals: readonly string[]): void {
  const missing = command.arguments.slice(positionals.length).find(({ optional }) => !optional);
  if (missing) throw new UsageError(`<${missing.name}> is missing`);
  const extra = positionals[command.arguments.length];
  if (extra !== undefined) throw new UsageError(`Unexpected argument '${extra}'`);
}

/** The value of an option that takes one. */
export function text(values: Values, name: string): string | undefined {
  return values[name] as string | undefined;
}

/** The values of an option that may be given more than once. */
export function texts(values: Values, name: string): readonly string[] {
  return (values[name] as readonly string[] | undefined) ?? [];
}

/**
 * The value of an option that is a number of 0 or more.
 *
 * @throws {UsageError} if it is none
 */
export function number(values: Values, name: string): number | undefined {
  const value = text(values, name);
  if (value === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
  throw new UsageError(`--${name} is '${value}', not a number of 0 or more`);
}

/** As {@link number}, for seconds; the result is in milliseconds. */
export function seconds(values: Values, name: string): number | undefined {
  const value = number(values, name);
  return value === undefined ? undefined : value * 1000;
}
