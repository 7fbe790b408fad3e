import { type FakeApplication, FakePeer, faking } from '../support/fake-application.ts';
import {
  GET_VALUES,
  GET_VALUES_RESULT,
  pairs,
  record,
  STDIN,
  type WireRecord,
} from '../support/wire.ts';

/** A request that the application has got whole. */
export interface Got {
  readonly peer: FakePeer;
  readonly id: number;
}

export interface GrantingApplication extends FakeApplication {
  /** Requests in the order in which they came. */
  readonly got: Got[];
  /** Questions that came. */
  questions(): number;
}

/** The names may be followed by an empty record, for those who take them for a stream. */
function isQuestion({ type, content }: Pick<WireRecord, 'type' | 'content'>): boolean {
  return type === GET_VALUES && content.length > 0;
}

/**
 * An application that answers FCGI_GET_VALUES, and requests when the test does.
 *
 * @param answer the values, or what it does instead of answering
 */
export function granting<Result>(
  answer: Record<string, string> | ((peer: FakePeer) => void),
  use: (application: GrantingApplication) => Promise<Result>,
): Promise<Result> {
  const got: Got[] = [];
  const onRecord = (peer: FakePeer, { type, requestId, content }: WireRecord) => {
    if (type === STDIN && content.length === 0) got.push({ peer, id: requestId });
    if (!isQuestion({ type, content })) return;
    if (typeof answer === 'function') answer(peer);
    else peer.send(record(GET_VALUES_RESULT, 0, pairs(answer)));
  };
  return faking(
    () => {},
    (application) => {
      const { server, peers } = application;
      server.removeAllListeners('connection');
      server.on('connection', (socket) => peers.push(new FakePeer(socket, onRecord)));
      const questions = () => peers.flatMap(({ records }) => records).filter(isQuestion).length;
      return use({ ...application, got, questions });
    },
  );
}
