import http, { type RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { type ProxyMiddleware, type ProxyOptions, proxy } from '../../src/gateway/proxy.ts';
import { answer, type FakePeer, faking } from '../support/fake-application.ts';
import { fetchHead, listening } from '../support/http-client.ts';
import { inFolder } from './site.ts';

const files = {
  'index.php': '',
  'post.php': '',
  'style.css': 'a {}',
  'admin/index.php': '',
};

export interface Mounted {
  readonly root: string;
  readonly asked: Record<string, string>[];
  readonly blog: ProxyMiddleware;
}

export const tell = (peer: FakePeer) =>
  void peer.send(answer(`X: 1\n\n${peer.params.SCRIPT_NAME}|${peer.params.PATH_INFO}`));

/** Runs a proxy in front of an application that tells its script. */
export function withProxy<Result>(
  options: ProxyOptions,
  use: (mounted: Mounted) => Promise<Result>,
  onRequest: (peer: FakePeer) => void = tell,
): Promise<Result> {
  const asked: Record<string, string>[] = [];
  const note = (peer: FakePeer) => {
    asked.push(peer.params);
    onRequest(peer);
  };
  return inFolder(files, (root) =>
    faking(note, async ({ path }) => {
      await using blog = proxy(path, { root, ...options });
      return use({ root, asked, blog });
    }),
  );
}

/** The answer of an application that is served over plain HTTP. */
export async function get(app: RequestListener, path: string, options = {}, body?: string) {
  return listening(http.createServer(app), async (server) => {
    const res = await fetchHead(server, { path, ...options }, body);
    return { status: res.statusCode, headers: res.headers, body: await text(res) };
  });
}
