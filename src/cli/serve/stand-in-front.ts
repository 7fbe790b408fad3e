import { createGateway, type GatewayOptions, type GatewayTarget } from '../../gateway/index.ts';
import { closeAfterLastResponse } from '../../program/serve-http.ts';
import type { ProgramSettings } from '../../program/serve-options.ts';
import { runAsProgram } from '../../program/serve-program.ts';
import type { Host } from '../host.ts';

/** How the gateway stands in front of an application. */
export interface GatewaySettings extends GatewayOptions {
  /** Where it listens. */
  readonly http: { readonly host: string; readonly port: number };
}

/** Runs a gateway as a program, or a part of one: it tells where it listens, and drains on a signal. */
export function standInFront(
  target: GatewayTarget,
  { http, ...options }: GatewaySettings,
  settings: ProgramSettings,
  { process }: Host,
): void {
  const gateway = createGateway(target, { ...options, stderr: process.stderr });
  gateway.on('gatewayError', (error: Error) => settings.log(`fcgi: ${error.message}`));
  closeAfterLastResponse(gateway);
  runAsProgram(gateway, process, settings, 'HTTP');
  gateway.listen(http);
}
