import type { Command } from '../command.ts';
import { bashCompletion, zshCompletion } from '../completion.ts';
import { ExitCode } from '../exit-code.ts';
import { UsageError } from '../failure.ts';
import { print } from '../host.ts';

const shells: { readonly [shell: string]: (commands: readonly Command[]) => string } = {
  bash: bashCompletion,
  zsh: zshCompletion,
};

/** @param commands gives all commands, this one among them */
export function makeCompletionCommand(commands: () => readonly Command[]): Command {
  return {
    name: 'completion',
    summary: 'Prints a completion script for a shell.',
    description: ['The first lines of the script say where to put it.'],
    arguments: [{ name: 'shell', help: 'bash or zsh.', completion: Object.keys(shells) }],
    options: {},
    examples: [
      ['in ~/.bashrc', 'source <(fcgi completion bash)'],
      ['in ~/.zshrc, after compinit', 'source <(fcgi completion zsh)'],
    ],
    async run({ args: [shell = ''] }, host) {
      const script = shells[shell];
      if (!script) throw new UsageError(`There is no completion for '${shell}', only bash and zsh`);
      print(host, script(commands()));
      return ExitCode.OK;
    },
  };
}
