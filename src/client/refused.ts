import { FcgiError } from '../errors.ts';
import { ProtocolStatus } from '../protocol/index.ts';

const reasons: Record<number, string> = {
  [ProtocolStatus.CANT_MPX_CONN]: 'FCGI_CANT_MPX_CONN',
  [ProtocolStatus.OVERLOADED]: 'FCGI_OVERLOADED',
  [ProtocolStatus.UNKNOWN_ROLE]: 'FCGI_UNKNOWN_ROLE',
};

/** The application turned the request away: `ERR_FCGI_REQUEST_REFUSED`. */
export class RequestRefusedError extends FcgiError {
  /** Why: FCGI_CANT_MPX_CONN 1, FCGI_OVERLOADED 2, FCGI_UNKNOWN_ROLE 3 (FastCGI §5.5). */
  readonly protocolStatus: number;

  constructor(protocolStatus: number, name: string) {
    const reason = reasons[protocolStatus] ?? `protocol status ${protocolStatus}`;
    super('ERR_FCGI_REQUEST_REFUSED', `${name} refused the request: ${reason}`);
    this.protocolStatus = protocolStatus;
  }
}
