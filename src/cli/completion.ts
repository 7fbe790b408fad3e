import type { ArgumentSpec, Command, Completion, OptionSpec } from './command.ts';
import { optionsOf } from './parse.ts';

/** A completion script for bash. */
export function bashCompletion(commands: readonly Command[]): string {
  return `# bash completion of fcgi: source this file, or write it to ~/.local/share/bash-completion/completions/fcgi
_fcgi() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${names(commands)} help' -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${commands.map(bashCommand).join('\n')}
    help) COMPREPLY=($(compgen -W '${names(commands)}' -- "$current")) ;;
  esac
}
complete -F _fcgi fcgi
`;
}

function bashCommand(command: Command): string {
  const options = Object.entries(optionsOf(command));
  const words = options.flatMap(([name, { short }]) => [
    `--${name}`,
    ...(short ? [`-${short}`] : []),
  ]);
  const withValue = options.filter(([, { value }]) => value !== undefined);
  const cases = withValue.map(([name, { short, completion }]) => {
    const pattern = short ? `--${name}|-${short}` : `--${name}`;
    return `        ${pattern}) ${bashReply(completion)} ;;`;
  });
  const otherwise = command.arguments.map(({ completion }) => completion).find(Boolean);
  return `    ${command.name})
      case "$previous" in
${cases.join('\n')}
        *)
          if [ "\${current:0:1}" = - ]; then COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$current"))
          else ${bashReply(otherwise)}
          fi ;;
      esac ;;`;
}

function bashReply(completion: Completion | undefined): string {
  if (completion === undefined) return 'COMPREPLY=()';
  if (completion === 'file') return 'compopt -o filenames; COMPREPLY=($(compgen -f -- "$current"))';
  if (completion === 'folder')
    return 'compopt -o filenames; COMPREPLY=($(compgen -d -- "$current"))';
  return `COMPREPLY=($(compgen -W '${completion.join(' ')}' -- "$current"))`;
}

/** A completion script for zsh. */
export function zshCompletion(commands: readonly Command[]): string {
  const list = commands.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`);
  return `#compdef fcgi
# zsh completion of fcgi: source this file, or write it to a folder of $fpath as _fcgi
_fcgi() {
  local -a commands
  commands=(
${list.join('\n')}
    'help:Show the help of a command.'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local name=$words[2]
  shift words
  (( CURRENT-- ))
  case "$name" in
${commands.map(zshCommand).join('\n')}
    help) _describe command commands ;;
  esac
}
if [ "$funcstack[1]" = _fcgi ]; then _fcgi "$@"; else compdef _fcgi fcgi; fi
`;
}

function zshCommand(command: Command): string {
  const options = Object.entries(optionsOf(command)).map(zshOption);
  const specs = [...options, ...command.arguments.map(zshArgument)];
  return `    ${command.name})
      _arguments -s \\
${specs.map((spec) => `        ${spec}`).join(' \\\n')}
      ;;`;
}

function zshOption([name, { short, value, multiple, help, completion }]: [
  string,
  OptionSpec,
]): string {
  const argument = value === undefined ? '' : `:${value}:${zshAction(completion)}`;
  const text = quote(`[${help.replace(/[[\]:]/g, '\\$&')}]${argument}`);
  const star = multiple ? '\\*' : '';
  if (!short) return `${star}--${name}${text}`;
  if (multiple) return `'*'{-${short},--${name}}${text}`;
  return `'(-${short} --${name})'{-${short},--${name}}${text}`;
}

function zshArgument({ name, optional, completion }: ArgumentSpec, index: number): string {
  return quote(`${index + 1}${optional ? '::' : ':'}${name}:${zshAction(completion)}`);
}

function zshAction(completion: Completion | undefined): string {
  if (completion === undefined) return ' ';
  if (completion === 'file') return '_files';
  if (completion === 'folder') return '_files -/';
  return `(${completion.join(' ')})`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function names(commands: readonly Command[]): string {
  return commands.map(({ name }) => name).join(' ');
}
