import fc from 'fast-check';
import type { Connection } from '../../src/server/connection.ts';
import { ConnectionList } from '../../src/server/connection-list.ts';
import { heapAfterYoungCollections } from '../protocol/memory.ts';

function connection(more: object = {}): Connection {
  return { place: 0, ...more } as Connection;
}

test('the list has what was added and not deleted, in whatever order that happens', () => {
  const step = fc.record({ adds: fc.boolean(), which: fc.nat() });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const list = new ConnectionList();
      const model: Connection[] = [];
      for (const { adds, which } of steps) {
        if (adds || model.length === 0) {
          const added = connection();
          list.add(added);
          model.push(added);
        } else {
          const [deleted] = model.splice(which % model.length, 1);
          list.delete(deleted as Connection);
        }
        // By identity: one connection looks like another here.
        expect(model.every((each) => list.now().includes(each))).toBe(true);
        expect(list.now()).toHaveLength(model.length);
      }
    }),
  );
});

test('what is deleted while the list is gone through leaves out none of the others', () => {
  const list = new ConnectionList();
  const connections = [connection(), connection(), connection()];
  for (const added of connections) list.add(added);
  const seen: Connection[] = [];
  for (const each of list.now()) {
    seen.push(each);
    list.delete(each);
  }
  expect(seen).toEqual(connections);
  expect(list.now()).toEqual([]);
});

test('connections that come and go need no full collection', () => {
  const list = new ConnectionList();
  const open: (Connection | undefined)[] = new Array(16).fill(undefined);
  const before = heapAfterYoungCollections();
  let most = 0;
  for (let i = 0; i < 50_000; i++) {
    const oldest = open[i % open.length];
    const added = connection({ memory: new Array(100).fill(i) });
    list.add(added);
    if (oldest) list.delete(oldest);
    open[i % open.length] = added;
    if (i % 1_000 === 0) most = Math.max(most, heapAfterYoungCollections() - before);
  }
  // A kilobyte each: with a Set, 20 MB and more are kept until there is a full collection.
  expect(most).toBeLessThan(5_000_000);
});
