import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import type { ReplicationEvent } from '../replication/events.js';
import { sampleHealthyLink, sampleLink } from '../testing/sample-document.js';
import { sampleCommand, sampleEvents, words } from '../testing/sample-events.js';
import { commandText } from './command-text.js';
import type { EventOptions } from './event-options.js';
import { EventPrinter } from './event-printer.js';
import { eventText } from './event-text.js';
import { eventLine, findingLine } from './events.js';
import { displayWidth } from './width.js';

const options = (changes: Partial<EventOptions> = {}): EventOptions => ({
  width: 100,
  chalk: new Chalk({ level: 0 }),
  ascii: false,
  zone: 'utc',
  showLink: false,
  ...changes,
});

function printed(events: ReplicationEvent[], changes: Partial<EventOptions> = {}): string[] {
  const lines: string[] = [];
  const printer = new EventPrinter(options(changes), (line) => lines.push(line));
  for (const event of events) printer.print(event);
  printer.end();
  return lines;
}

const session = () => sampleHealthyLink().sessions[0]!;
const kinds = [
  'connection.opened connection.joined connection.closed handshake.command handshake.reply sync.requested',
  'sync.decided payload.started payload.finished stream.started stream.command stream.keepalive ack getack',
  'lag.high lag.recovered gap resync encrypted',
]
  .join(' ')
  .split(' ');

describe('event lines', () => {
  it('are one line of JSON each, for every kind of event', () => {
    const seen = new Set<string>();
    for (const event of sampleEvents()) {
      const line = eventLine(event);
      expect(line).not.toMatch(/[\n\r\u001b]/);
      const parsed = JSON.parse(line);
      expect(parsed).toMatchObject({
        schema: 'psyncscope.event/1',
        packet: event.packet,
        event: event.event,
      });
      expect(parsed.time).toMatch(/^2026-11-21T\d\d:\d\d:\d\d\.\d{6}Z$/);
      if (event.event !== 'encrypted') expect(parsed).toMatchObject({ link: event.link.id, session: 1 });
      seen.add(parsed.event);
    }
    expect([...seen].sort()).toEqual([...kinds].sort());
  });

  it('carry the fields of the summary document', () => {
    const lines = sampleEvents().map((event) => JSON.parse(eventLine(event)));
    const of = (kind: string) => lines.find((line) => line.event === kind);
    expect(of('sync.decided')).toMatchObject({
      decision: 'FULLRESYNC',
      grantedOffset: 0,
      cause: 'first-sync',
    });
    expect(of('payload.finished')).toMatchObject({ bytes: 175, waitMs: 61.1, rdb: { keys: 4 } });
    expect(of('connection.closed')).toMatchObject({ closedBy: 'replica', closedHow: 'fin' });
    expect(of('ack')).toMatchObject({
      offset: 5770,
      fsyncOffset: null,
      lagBytes: 35,
      lagMs: 638.87,
      behindBytes: 0,
    });
    expect(of('lag.high')).not.toHaveProperty('series');
    expect(of('encrypted')).not.toHaveProperty('link');
  });

  it('name the words that had to be escaped', () => {
    const event = sampleCommand(session(), [...words('hset', '\\xff'), Uint8Array.of(0xff, 0x41)], {
      argCount: 9,
    });
    const line = JSON.parse(eventLine(event));
    expect(line).toMatchObject({ name: 'HSET', args: ['\\xff', '\\xffA'], argCount: 9, escaped: [2] });
    expect(JSON.parse(eventLine(sampleCommand(session(), words('set', '\u001b\u202e"'))))).toMatchObject({
      args: ['\u001b\u202e"'],
    });
  });

  it('hold hostile link names and findings on one safe line', () => {
    const link = sampleLink({ id: '"\n\u202e\u009b' });
    const event: ReplicationEvent = { ...sampleEvents()[0]!, link, session: session() } as ReplicationEvent;
    expect(eventLine(event)).not.toMatch(/[\n\u202e\u009b]/);
    expect(JSON.parse(eventLine(event)).link).toBe(link.id);
    const finding = findingLine({
      severity: 'warning',
      code: 'backlog-overflow',
      link: link.id,
      session: 1,
      at: '2026-11-21T07:51:04.549000Z',
      message: 'a\nb',
      advice: null,
      packets: [351, 362],
      filter: null,
      evidence: {},
    });
    expect(finding).not.toMatch(/[\n\u202e\u009b]/);
    expect(JSON.parse(finding)).toMatchObject({ event: 'finding', packet: 351, packets: [351, 362] });
  });
});

describe('events for people', () => {
  it.each([80, 120])('golden at %d columns', async (width) => {
    const text = printed(sampleEvents(), { width, showLink: true }).join('\n');
    await expect(`${text}\n`).toMatchFileSnapshot(`goldens/events-${width}.txt`);
  });

  it('golden of the ngrep-like view', async () => {
    const text = printed(sampleEvents(), { width: 120, commands: true }).join('\n');
    await expect(`${text}\n`).toMatchFileSnapshot('goldens/commands-120.txt');
  });

  it('leaves out what only says that all is well', () => {
    const shown = (changes: Partial<EventOptions>) =>
      sampleEvents()
        .filter((event) => eventText(event, options(changes)) !== null)
        .map((event) => event.event);
    expect(shown({})).not.toContain('ack');
    expect(shown({})).not.toContain('getack');
    expect(shown({})).not.toContain('stream.command');
    expect(shown({ acks: true })).toEqual(expect.arrayContaining(['ack', 'getack']));
    expect(shown({ commands: true })).toContain('stream.command');
    expect(shown({ replies: true }).filter((kind) => kind === 'handshake.reply')).toHaveLength(2);
  });

  it('collapses keepalives of a session, and tells of the last ones at the end', () => {
    const keepalives = sampleEvents().filter((event) => event.event === 'stream.keepalive');
    const link = '127.0.0.1:6380 → 127.0.0.1:6381';
    expect(printed(keepalives)).toEqual([
      link,
      '07:51:06.569000  master → replica   3 keepalive newlines over 2.0 s',
    ]);
    expect(printed(keepalives.slice(0, 1))).toEqual([
      link,
      '07:51:04.569000  master → replica   keepalive newline',
    ]);
  });

  it.each([50, 64, 80, 100, 132])('keeps every line within %d columns, with and without colour', (width) => {
    for (const changes of [
      { showLink: true },
      { commands: true, acks: true, replies: true },
      { ascii: true },
    ]) {
      const lines = printed(sampleEvents(), { width, ...changes }).flatMap((text) => text.split('\n'));
      for (const line of lines) {
        expect(displayWidth(line), line).toBeLessThanOrEqual(width);
        expect(line).not.toMatch(/null|undefined|NaN|[\p{Cc}\p{Cf}]/u);
      }
      const coloured = printed(sampleEvents(), { width, ...changes, chalk: new Chalk({ level: 1 }) });
      expect(
        coloured
          .join('\n')
          .replace(/\u001b\[\d+m/g, '')
          .split('\n'),
      ).toEqual(lines);
    }
  });
});

describe('command lines', () => {
  it('look like the contract', () => {
    const ack = sampleCommand(session(), words('REPLCONF', 'ACK', '5735'), {
      from: 'replica',
      offset: 5735,
      lagBytes: 0,
    });
    expect(commandText(ack, options())).toMatch(
      /^07:51:05\.912004 {2}replica → master {3}REPLCONF ACK 5735 +offset 5735 +lag 0 B$/,
    );
    const set = sampleCommand(session(), words('set', 'key-b', 'key-a'));
    expect(commandText(set, options())).toMatch(
      /^07:51:05\.912004 {2}master → replica {3}set key-b key-a +\+35 B {3}offset 5770$/,
    );
  });

  it('shows hostile words as one safe line and counts what is not shown', () => {
    const event = sampleCommand(session(), words('set', 'a\r\nb\u001b[2J', 'two words', ...'x'.repeat(50)), {
      offset: null,
    });
    const line = commandText(event, options({ width: 80 }));
    expect(line).toContain('set a\\r\\nb\\x1b[2J');
    expect(line).toMatch(/… \+\d+ .*offset \?$/);
    expect(displayWidth(line)).toBeLessThanOrEqual(80);
  });
});
