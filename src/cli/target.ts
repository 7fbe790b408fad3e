import { parseTarget } from '../client/index.ts';
import type { ArgumentSpec } from './command.ts';
import { UsageError } from './failure.ts';

/** The argument that says which application is meant. */
export const targetArgument: ArgumentSpec = {
  name: 'target',
  help: 'Where the application listens: the path of a Unix socket, host:port, or :port for this machine.',
  completion: 'file',
};

/** @throws {UsageError} if it is no address */
export function checkTarget(target: string | undefined): string {
  try {
    parseTarget(target ?? '');
    return target as string;
  } catch {
    throw new UsageError(
      `'${target}' is no address of an application, as /run/app.sock or 127.0.0.1:9000`,
    );
  }
}
