import type { Socket } from 'node:net';
import type { ProtocolStatus } from '../protocol/index.ts';
import {
  type ConnectionMessage,
  connectionChannel,
  connectionCloseChannel,
  errorChannel,
  type RequestAbortMessage,
  type RequestMessage,
  requestAbortChannel,
  requestEndChannel,
  requestRefuseChannel,
  requestStartChannel,
} from './diagnostics.ts';
import type { Messages } from './messages.ts';
import type { Server } from './server.ts';
import { startTrace, type Trace } from './trace.ts';

/** A request, as those who watch are told of it. */
interface WatchedRequest {
  readonly id: number;
  readonly role: number;
}

/**
 * Tells those who watch a connection what happens there: subscribers of the channels of `node:diagnostics_channel`,
 * and whoever set NODE_DEBUG. Where nobody watches no message is made.
 */
export class Watch {
  readonly trace: Trace | undefined;
  readonly #server: Server;
  readonly #socket: Socket;

  constructor(server: Server, socket: Socket) {
    this.#server = server;
    this.#socket = socket;
    // Asked for now, it is known when an error comes, which takes the socket's handle away first. It is a system call.
    if (server.hasAddress) void socket.remoteAddress;
    this.trace = startTrace(() => this.peer);
  }

  /** What errors and traces call the web server's end. */
  get peer(): string {
    return this.#server.peerName(this.#socket);
  }

  connected(): void {
    this.trace?.note('connected');
    if (connectionChannel.hasSubscribers) connectionChannel.publish(this.#message());
  }

  closed(): void {
    this.trace?.note('closed');
    if (connectionCloseChannel.hasSubscribers) connectionCloseChannel.publish(this.#message());
  }

  failed(error: Error): void {
    this.trace?.note(`failed: ${error.message}`);
    if (errorChannel.hasSubscribers) errorChannel.publish({ ...this.#message(), error });
  }

  refused({ id, role }: WatchedRequest, protocolStatus: ProtocolStatus): void {
    if (!requestRefuseChannel.hasSubscribers) return;
    requestRefuseChannel.publish({ ...this.#message(), requestId: id, role, protocolStatus });
  }

  started(request: WatchedRequest, messages: Messages): void {
    if (requestStartChannel.hasSubscribers) {
      requestStartChannel.publish(this.#requestMessage(request, messages));
    }
  }

  ended(request: WatchedRequest, messages: Messages): void {
    if (!requestEndChannel.hasSubscribers) return;
    const { appStatus } = messages.context;
    requestEndChannel.publish({ ...this.#requestMessage(request, messages), appStatus });
  }

  aborted(
    request: WatchedRequest,
    messages: Messages,
    reason: Pick<RequestAbortMessage, 'by' | 'error'>,
  ): void {
    if (!requestAbortChannel.hasSubscribers) return;
    requestAbortChannel.publish({ ...this.#requestMessage(request, messages), ...reason });
  }

  #message(): ConnectionMessage {
    return { server: this.#server, socket: this.#socket, peer: this.peer };
  }

  #requestMessage({ id, role }: WatchedRequest, messages: Messages): RequestMessage {
    const { incoming, response } = messages;
    return { ...this.#message(), requestId: id, role, request: incoming, response };
  }
}
