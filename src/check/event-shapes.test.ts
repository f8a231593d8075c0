import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { analyze, eventLine, type ReplicationEvent } from '../index.js';
import { eventFields } from '../report/events.js';
import { CONTRACT_EVENTS } from '../testing/contract-events.js';
import { replicationFixtures } from '../testing/fixtures.js';
import { strangeFields } from '../testing/strange-fields.js';
import { EVENT_NAMES, EVENT_SHAPES } from './event-shapes.js';

/** The shapes of events, by which patterns are checked before anything is read, against every event of every fixture. */

const HEAD = new Set(['schema', 'time', 'packet', 'link', 'session', 'event']);

function others(folder: string): string[] {
  const path = fileURLToPath(new URL(`../../fixtures/${folder}/`, import.meta.url));
  return readdirSync(path)
    .filter((name) => /\.pcap(ng)?(\.gz)?$/.test(name))
    .map((name) => path + name);
}

it('are those of the contract', () => {
  expect([...EVENT_NAMES].sort()).toEqual([...CONTRACT_EVENTS].sort());
});

describe('hold for every event of', () => {
  /** Fields that were not null somewhere, by event. */
  const met = new Map<string, Set<string>>();

  for (const paths of [replicationFixtures().map(({ path }) => path), others('findings'), others('embedded')])
    it(`${paths.length} captures such as ${paths[0]!.split('/').at(-1)}`, async () => {
      const strange = new Set<string>();
      for (const path of paths) {
        const onEvent = (event: ReplicationEvent): void => {
          const shape = { kind: 'object', fields: EVENT_SHAPES[event.event]! } as const;
          const fields = eventFields(event);
          for (const each of strangeFields(shape, fields, event.event)) strange.add(each);
          const seen = met.get(event.event) ?? new Set();
          met.set(event.event, seen);
          for (const [name, value] of Object.entries(fields)) if (value !== null) seen.add(name);
          // A pattern is compared with what the line of the event says.
          const line = JSON.parse(eventLine(event)) as Record<string, unknown>;
          const rest = Object.entries(line).filter(([name]) => !HEAD.has(name));
          expect(JSON.parse(JSON.stringify(fields))).toEqual(Object.fromEntries(rest));
        };
        await analyze(path, { onEvent, commands: true });
      }
      expect([...strange]).toEqual([]);
    });

  it('and each of them was met', () => {
    expect(CONTRACT_EVENTS.filter((name) => !met.has(name))).toEqual([]);
    expect([...met.get('finding')!].sort()).toEqual(
      ['severity', 'code', 'at', 'message', 'advice', 'packets', 'evidence'].sort(),
    );
  });
});
