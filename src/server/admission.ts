import { ProtocolStatus } from '../protocol/index.ts';
import type { RoleListener } from './roles.ts';
import type { Server } from './server.ts';

/**
 * Decides whether a request that begins is served.
 *
 * @param active how many requests its connection has already
 * @returns who answers it, or the status to refuse it with (FastCGI §5.5)
 */
export function admit(server: Server, role: number, active: number): RoleListener | ProtocolStatus {
  const listener = server.roles.find(role);
  if (!listener) return ProtocolStatus.UNKNOWN_ROLE;
  if (active > 0 && !server.settings.multiplex) return ProtocolStatus.CANT_MPX_CONN;
  const { maxConcurrentRequestsPerConnection } = server.settings;
  if (active >= maxConcurrentRequestsPerConnection) return ProtocolStatus.OVERLOADED;
  return server.overloaded ? ProtocolStatus.OVERLOADED : listener;
}
