import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { GuestbookProcess, withDataFolder, withGuestbook } from './guestbook-process.ts';
import { PICTURES } from './pictures.ts';
import { type EntryJson, Visitor } from './visitor.ts';

/** Signs as fast as the book answers, until it no longer does; returns what it acknowledged. */
async function signUntilGone(visitor: Visitor, who: string): Promise<string[]> {
  const acknowledged: string[] = [];
  for (let number = 0; ; number++) {
    const name = `${who} ${number}`;
    const picture = number % 3 === 0 ? { bytes: PICTURES.png } : undefined;
    const response = await visitor.sign(name, `${name} `.repeat(100), picture).catch(() => null);
    if (response?.status !== 303) return acknowledged;
    acknowledged.push(name);
  }
}

async function allEntries(visitor: Visitor): Promise<EntryJson[]> {
  const all: EntryJson[] = [];
  for (let path: string | null = '/api/entries?limit=100'; path; ) {
    const page: { entries: EntryJson[]; next: string | null } = await visitor.json(path);
    all.push(...page.entries);
    path = page.next;
  }
  return all;
}

describe('the book', () => {
  test('is the same after a restart: entries, removals, pictures, sessions and numbering', () =>
    withDataFolder(async (dataFolder) => {
      let ada = new Visitor('');
      let picture = '';
      let cookie = '';
      await withGuestbook({ dataFolder }, async ({ origin }) => {
        ada = new Visitor(origin);
        const signed = await ada.sign('Ada', 'Look.', { bytes: PICTURES.jpg });
        cookie = signed.headers
          .getSetCookie()
          .map((pair) => pair.split(';')[0])
          .join('; ');
        await ada.add('Bob');
        await ada.add('Cleo');
        await ada.request('/api/entries/3', { method: 'DELETE' });
        picture = (await ada.json<EntryJson>('/api/entries/1')).picture as string;
      });
      await withGuestbook({ dataFolder }, async ({ origin }) => {
        const visitor = new Visitor(origin);
        expect(await visitor.names()).toEqual(['Bob', 'Ada']);
        expect((await visitor.request(picture)).status).toBe(200);
        const own = await visitor.request('/api/entries/1', { headers: { Cookie: cookie } });
        expect(((await own.json()) as EntryJson).mine).toBe(true);
        expect((await visitor.add('Dan')).id).toBe(4);
      });
    }));

  test('loses no acknowledged entry and shows no half one when killed amid a burst of posts', () =>
    withDataFolder(async (dataFolder) => {
      const acknowledged: string[] = [];
      for (let round = 0; round < 3; round++) {
        const guestbook = await GuestbookProcess.start({ dataFolder });
        try {
          const visitor = new Visitor(guestbook.origin);
          const bursts = [1, 2, 3, 4].map((n) =>
            signUntilGone(visitor, `Round ${round} guest ${n}`),
          );
          const watcher = new Visitor(guestbook.origin);
          const enough = acknowledged.length + 10;
          while ((await allEntries(watcher)).length < enough);
          await guestbook.stop('SIGKILL');
          acknowledged.push(...(await Promise.all(bursts)).flat());
        } finally {
          await guestbook.stop('SIGKILL');
        }
      }

      await withGuestbook({ dataFolder }, async ({ origin }) => {
        const visitor = new Visitor(origin);
        const entries = await allEntries(visitor);
        const names = entries.map((entry) => entry.name);
        expect(acknowledged.length).toBeGreaterThan(10);
        expect(acknowledged.filter((name) => !names.includes(name))).toEqual([]);
        expect(new Set(names).size).toBe(names.length);
        for (const entry of entries) {
          expect(entry.message).toBe(`${entry.name} `.repeat(100).trim());
          if (!entry.picture) continue;
          const served = await (await visitor.request(entry.picture)).arrayBuffer();
          expect(Buffer.from(served).equals(PICTURES.png)).toBe(true);
        }
        const pictures = entries.filter((entry) => entry.picture).length;
        expect(readdirSync(join(dataFolder, 'pictures'))).toHaveLength(pictures);
        expect(readdirSync(join(dataFolder, 'incoming'))).toEqual([]);
      });
    }));

  test('cuts off a half-written last line, says so, and goes on after it', () =>
    withDataFolder(async (dataFolder) => {
      const file = join(dataFolder, 'entries.jsonl');
      await withGuestbook({ dataFolder }, async ({ origin }) => {
        await new Visitor(origin).add('Ada');
      });
      const whole = readFileSync(file, 'utf8');
      const torn = Buffer.from('{"id":2,"name":"Zoë').subarray(0, -1);
      appendFileSync(file, torn);

      await withGuestbook({ dataFolder }, async (guestbook) => {
        const visitor = new Visitor(guestbook.origin);
        expect(readFileSync(file, 'utf8')).toBe(whole);
        expect(guestbook.log).toContain(`cut off a half-written last line (${torn.length} bytes)`);
        await visitor.add('Bob');
        expect(await visitor.names()).toEqual(['Bob', 'Ada']);
      });
      await withGuestbook({ dataFolder }, async (guestbook) => {
        expect(await new Visitor(guestbook.origin).names()).toEqual(['Bob', 'Ada']);
        expect(guestbook.log).toBe('');
      });
    }));

  test('reports an unreadable line, leaves it in the file, and removes no picture for it', () =>
    withDataFolder(async (dataFolder) => {
      const file = join(dataFolder, 'entries.jsonl');
      await withGuestbook({ dataFolder }, async ({ origin }) => {
        const visitor = new Visitor(origin);
        await visitor.sign('Ada', 'Look.', { bytes: PICTURES.png });
        await visitor.add('Bob');
      });
      const damaged = readFileSync(file, 'utf8').replace('{"id":1', '{"id"#1');
      writeFileSync(file, damaged);

      await withGuestbook({ dataFolder }, async (guestbook) => {
        expect(await new Visitor(guestbook.origin).names()).toEqual(['Bob']);
        expect(guestbook.log).toContain('line 1 is unreadable');
        expect(readFileSync(file, 'utf8')).toBe(damaged);
        expect(readdirSync(join(dataFolder, 'pictures'))).toHaveLength(1);
      });
    }));

  test('answers 500 and shows nothing when an entry cannot be written, and takes the next one', () =>
    withDataFolder((dataFolder) =>
      withGuestbook({ dataFolder }, async ({ origin }) => {
        const visitor = new Visitor(origin);
        const file = join(dataFolder, 'entries.jsonl');
        renameSync(file, `${file}.aside`);
        mkdirSync(file);
        const refused = await visitor.sign('Ada', 'Look.', { bytes: PICTURES.png });
        expect(refused.status).toBe(500);
        expect(await visitor.names()).toEqual([]);
        expect(readdirSync(join(dataFolder, 'pictures'))).toEqual([]);

        rmdirSync(file);
        renameSync(`${file}.aside`, file);
        expect((await visitor.sign('Ada', 'Again.')).status).toBe(303);
        expect(await visitor.names()).toEqual(['Ada']);
      }),
    ));
});
