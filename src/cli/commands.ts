import type { Command } from './command.ts';
import { makeCompletionCommand } from './commands/completion.ts';
import { configCommand } from './commands/config.ts';
import { gatewayCommand } from './commands/gateway.ts';
import { getCommand } from './commands/get.ts';
import { pingCommand } from './commands/ping.ts';
import { serveCommand } from './commands/serve.ts';
import { valuesCommand } from './commands/values.ts';

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  serveCommand,
  getCommand,
  gatewayCommand,
  configCommand,
  valuesCommand,
  pingCommand,
  makeCompletionCommand(() => commands),
];
