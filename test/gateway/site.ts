import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createGateway, type Gateway, type GatewayOptions } from '../../src/gateway/index.ts';
import { within } from '../support/deadline.ts';
import { answer, type FakePeer, faking } from '../support/fake-application.ts';
import { fetchHead, listening } from '../support/http-client.ts';

/** A folder of files, a gateway that serves it, and an application that tells what it is asked. */
export interface Site {
  readonly gateway: Gateway;
  readonly root: string;
  /** Where the application listens. */
  readonly socket: string;
  /** The variables of each request that the application got. */
  readonly asked: Record<string, string>[];
  /** The answer to a request, with its body. */
  get(
    path: string,
    options?: RequestOptions,
    body?: string | Uint8Array,
  ): Promise<{ res: IncomingMessage; body: string }>;
}

export interface SiteSetup extends GatewayOptions {
  /** Names below the root, and what the files hold. */
  readonly files?: Readonly<Record<string, string>>;
  /** Without it the application answers with the variables, as JSON. */
  readonly onRequest?: (peer: FakePeer) => void;
}

const tellVariables = (peer: FakePeer) =>
  void peer.send(answer(`Content-Type: application/json\n\n${JSON.stringify(peer.params)}`));

/** Writes files into a folder of its own while `use` runs. */
export async function inFolder<Result>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fcgi-root-')));
  try {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Serves files and scripts while `use` runs. The folder `www` is the root. */
export function withSite<Result>(
  { files = {}, onRequest = tellVariables, ...options }: SiteSetup,
  use: (site: Site) => Promise<Result>,
): Promise<Result> {
  const asked: Record<string, string>[] = [];
  const note = (peer: FakePeer) => {
    asked.push(peer.params);
    onRequest(peer);
  };
  const placed = Object.entries(files).map(([name, content]) => [join('www', name), content]);
  return inFolder({ 'www/.keep': '', ...Object.fromEntries(placed) }, (folder) =>
    faking(note, ({ path: socket }) => {
      const root = join(folder, 'www');
      return listening(createGateway(socket, { root, ...options }), (gateway) =>
        use({ gateway, root, socket, asked, get: (...args) => get(gateway, ...args) }),
      );
    }),
  );
}

/** The answer to a request, with its body. */
export async function get(
  gateway: Gateway,
  path: string,
  options: RequestOptions = {},
  body?: string | Uint8Array,
): Promise<{ res: IncomingMessage; body: string }> {
  const res = await fetchHead(gateway, { path, ...options }, body);
  return { res, body: await within('the body', text(res)) };
}
