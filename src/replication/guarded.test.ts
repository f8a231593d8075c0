import { expect, it } from 'vitest';
import { Call, Network } from '../testing/talk.js';
import { Guarded } from './guarded.js';

it('a defect costs its connection, is told once, and nothing else', () => {
  const failures: unknown[] = [];
  const connection = new Call(new Network(), { replicaPort: 1 });
  const calls: string[] = [];
  const broken = {
    data(): void {
      calls.push('data');
      throw new Error('a defect');
    },
    gap: () => calls.push('gap'),
    closed: () => calls.push('closed'),
  };
  const guarded = new Guarded(broken, connection, (error) => failures.push(error));
  for (let i = 0; i < 3; i++) guarded.data(0, new Uint8Array(1), 0, 1, i, 0, 0, true);
  guarded.gap(0, 3, 1, 0, 0);
  guarded.closed(0);
  expect(failures).toEqual([new Error('a defect')]);
  expect(calls).toEqual(['data', 'closed']);
  expect(connection.wanted).toEqual([false, false]);
});
