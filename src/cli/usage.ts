import type { Colors } from './colors.ts';
import type { ArgumentSpec, Command, OptionSpec } from './command.ts';
import { meanings } from './exit-code.ts';
import { optionsOf } from './parse.ts';

const WIDTH = 80;

/** Where the description of an option or argument begins. */
const COLUMN = 29;

/** The help of a command. */
export function commandUsage(command: Command, colors: Colors): string {
  const sections = [
    `${colors.bold('Usage:')} ${synopsis(command)}`,
    [command.summary, ...command.description].map((text) => wrap(text, 0)).join('\n\n'),
    section('Arguments', command.arguments.map(describeArgument), colors),
    section('Options', Object.entries(optionsOf(command)).map(describeOption), colors),
    section('Examples', command.examples.map(describeExample), colors),
  ];
  return `${sections.filter(Boolean).join('\n\n')}\n`;
}

/** The help of the program. */
export function overview(commands: readonly Command[], colors: Colors): string {
  const list = commands.map(({ name, summary }) => entry(name, summary, 14));
  const codes = meanings.map(([code, meaning]) => entry(String(code), meaning, 7));
  const sections = [
    `${colors.bold('Usage:')} fcgi <command> [arguments] [options]`,
    wrap('Serves applications over FastCGI, and speaks to those of others.', 0),
    section('Commands', list, colors),
    section('Exit codes', codes, colors),
    'fcgi help <command> tells more of a command, fcgi --version the version.',
  ];
  return `${sections.join('\n\n')}\n`;
}

function synopsis({ name, arguments: args }: Command): string {
  const shown = args.map((one) => (one.optional ? `[${one.name}]` : `<${one.name}>`));
  return ['fcgi', name, ...shown, '[options]'].join(' ');
}

function section(title: string, entries: readonly string[], { bold }: Colors): string {
  return entries.length === 0 ? '' : `${bold(`${title}:`)}\n${entries.join('\n')}`;
}

function describeArgument({ name, help }: ArgumentSpec): string {
  return entry(name, help, COLUMN);
}

function describeOption([name, { short, value, help }]: [string, OptionSpec]): string {
  const long = `--${name}${value === undefined ? '' : ` <${value}>`}`;
  return entry(`${short ? `-${short}, ` : '    '}${long}`, help, COLUMN);
}

function describeExample([what, line]: readonly [string, string]): string {
  return `  # ${what}\n  ${line}`;
}

/** A name, and beside it what it means; under it, if the name is too long. */
function entry(name: string, help: string, column: number): string {
  const lines = wrap(help, column).split('\n');
  const label = `  ${name}`;
  if (label.length > column - 1) return [label, ...lines].join('\n');
  return [label.padEnd(column) + (lines[0] as string).trimStart(), ...lines.slice(1)].join('\n');
}

function wrap(text: string, indent: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && indent + longer.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].map((one) => ' '.repeat(indent) + one).join('\n');
}
