import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { colorsFor } from './colors.ts';
import type { Command } from './command.ts';
import { commands } from './commands.ts';
import { ExitCode } from './exit-code.ts';
import { exitCodeOf, UsageError } from './failure.ts';
import { type Host, print } from './host.ts';
import { parse } from './parse.ts';
import { report } from './report.ts';
import { commandUsage, overview } from './usage.ts';

/**
 * Runs a command line.
 *
 * @param argv the arguments after `fcgi`
 * @returns the exit code; undefined if the command runs on as a server, which ends the process itself
 */
export async function run(argv: readonly string[], host: Host): Promise<number | undefined> {
  const [name = '', ...rest] = argv;
  const command = commands.find((one) => one.name === name);
  try {
    if (command) return await runCommand(command, rest, host);
    return runWithout(name, rest, host);
  } catch (error) {
    const verbose = argv.some((argument) => argument === '--verbose' || argument === '-v');
    const help = command ? `fcgi help ${command.name}` : 'fcgi help';
    const hint = error instanceof UsageError ? ` (${help} tells more)` : '';
    report(error, host, { verbose, hint });
    return exitCodeOf(error);
  }
}

async function runCommand(
  command: Command,
  argv: readonly string[],
  host: Host,
): Promise<number | undefined> {
  const input = parse(command, argv);
  if (input.values.help !== true) return command.run(input, host);
  return showHelp(command, host);
}

/** What can be asked of the program without a command. */
function runWithout(name: string, [topic]: readonly string[], host: Host): ExitCode {
  if (name === '--version' || name === '-V') {
    print(host, `${version(host)}\n`);
    return ExitCode.OK;
  }
  if (name === 'help' && topic !== undefined) return showHelp(find(topic), host);
  if (name === '--help' || name === '-h' || name === 'help') {
    print(host, overview(commands, colorsFor(host.process.stdout, host.process.env)));
    return ExitCode.OK;
  }
  if (name === '') throw new UsageError('A command is missing');
  throw noCommand(name);
}

/** @throws {UsageError} if there is no such command */
function find(name: string): Command {
  const command = commands.find((one) => one.name === name);
  if (!command) throw noCommand(name);
  return command;
}

function noCommand(name: string): UsageError {
  return new UsageError(`There is no command '${name}'`);
}

function showHelp(command: Command, host: Host): ExitCode {
  print(host, commandUsage(command, colorsFor(host.process.stdout, host.process.env)));
  return ExitCode.OK;
}

function version({ packageFolder }: Host): string {
  const json = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  return (json as { version: string }).version;
}
