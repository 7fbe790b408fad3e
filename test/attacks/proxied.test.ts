import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APACHE } from '../frontends/support/apache.ts';
import { ask } from '../frontends/support/http-client.ts';
import { NGINX } from '../frontends/support/nginx.ts';
import { describeWith } from '../frontends/support/requirement.ts';
import type { RunningWebServer } from '../frontends/support/start-web-server.ts';
import { within } from '../support/deadline.ts';
import { type Payload, payloads } from './rules/payloads.ts';
import { startApacheProxy, startNginxProxy } from './support/http-proxy.ts';
import { NaiveServer } from './support/naive-server.ts';
import { sendRaw, statuses } from './support/raw-client.ts';
import { byNothing } from './support/readings.ts';

/*
 * The control of "no request is smuggled in by …": the same bytes, to HTTP servers. Each takes in a server that is
 * naive enough. What becomes of it behind nginx and Apache is up to them: they refuse it, or write the request anew,
 * or pass it on.
 */

let naive: NaiveServer;

beforeAll(async () => {
  naive = await NaiveServer.listen(byNothing);
});

afterAll(() => naive.close());

describe('Straight to an HTTP server', () => {
  for (const { name, bytes, victim } of payloads) {
    test(`that ${victim.does}, ${name} smuggles in a request`, async () => {
      await naive.read(victim);
      const sent = sendRaw(`http://127.0.0.1:${naive.port}`, bytes);
      await within(
        'the request',
        until(() => naive.targets.length === 2),
      );
      expect(naive.targets).toEqual(['/outer', '/smuggled']);
      await naive.read(byNothing);
      await sent;
    });
  }
});

for (const { name, program, start } of [
  { name: 'nginx', program: NGINX, start: startNginxProxy },
  { name: 'Apache', program: APACHE, start: startApacheProxy },
] as const) {
  describeWith(`${name}, in front of such an HTTP server,`, [program], () => {
    let folder: string;
    let webServer: RunningWebServer;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'fcgi-proxied-'));
      webServer = await start(folder, naive.port);
    });

    afterAll(async () => {
      await webServer?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    for (const payload of payloads) {
      const fate = payload.fate[name];
      test(`${fate} ${payload.name}`, async () => {
        await naive.read(payload.victim);
        const [status = 0] = statuses(await sendRaw(webServer.origin, payload.bytes));
        const answers = await askAsOthers(webServer.origin);
        await fates[fate](payload, status, answers);
      });
    }
  });
}

/** What is seen of each fate: by the HTTP server, by the attacker, and by others who ask after it. */
const fates = {
  refuses: (_payload: Payload, status: number, answers: readonly string[]) => {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(naive.targets).toEqual(answers);
  },
  defuses: ({ body }: Payload, status: number, answers: readonly string[]) => {
    expect(status).toBe(200);
    expect(naive.targets).toEqual(['/outer', ...answers]);
    expect(naive.bodies[0]).toBe(body);
  },
  'passes on': (_payload: Payload, _status: number, answers: readonly string[]) => {
    expect(naive.targets).toContain('/smuggled');
    // Somebody else got the answer to the attacker's request.
    expect(answers).toContain('/smuggled');
  },
} as const;

/** How many other clients ask, one after the other. */
const OTHERS = 4;

/** The targets whose answers other clients get: the server answers with the target. */
async function askAsOthers(origin: string): Promise<string[]> {
  const answers: string[] = [];
  for (let n = 0; n < OTHERS; n++) answers.push((await ask(`${origin}/other-${n}`)).text);
  return answers;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
