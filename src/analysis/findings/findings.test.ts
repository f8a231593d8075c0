import { describe, expect, it } from 'vitest';
import { online } from '../../testing/finding-talk.js';
import { Network } from '../../testing/talk.js';
import { Findings, MAX_FINDINGS, MAX_PER_LINK_AND_CODE } from './findings.js';
import { type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import { DEFAULT_THRESHOLDS } from './thresholds.js';

/** Finds something in every ACK. */
class EveryAck implements Rule {
  static readonly code = 'every-ack';
  readonly #report: Report;
  static readonly ticks: number[] = [];

  constructor(report: Report) {
    this.#report = report;
  }

  event({ event, session, time, packet }: LinkEvent): void {
    if (event !== 'ack') return;
    const severity = session.acks.count > MAX_PER_LINK_AND_CODE ? 'error' : 'info';
    this.#report({
      severity,
      code: EveryAck.code,
      sessions: [session],
      time,
      packets: [packet],
      evidence: {},
    });
  }

  tick(time: number): void {
    EveryAck.ticks.push(time);
  }
}

/** Events of a number of links, each with so many ACKs. */
function run(links: number, acks: number): { findings: Findings; told: number } {
  let told = 0;
  const findings = new Findings(DEFAULT_THRESHOLDS, () => told++, [EveryAck]);
  const network = new Network();
  for (let i = 0; i < links; i++) {
    const call = online(network, { listeningPort: 6380 + i });
    for (let ack = 1; ack < acks; ack++) call.replica('*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$1\r\n0\r\n');
  }
  // ACK counts of the sessions grow while they are made: they are told again one by one.
  const counts = new Map<unknown, number>();
  for (const event of network.events) {
    if (event.event === 'ack') {
      counts.set(event.session, (counts.get(event.session) ?? 0) + 1);
      event.session.acks.count = counts.get(event.session)!;
    }
    findings.event(event);
  }
  return { findings, told };
}

describe('the engine', () => {
  it('keeps a few of each code and link, and counts the rest in the last of them', () => {
    const { findings, told } = run(2, 50);
    expect(findings.all.length).toBe(2 * MAX_PER_LINK_AND_CODE);
    expect(told).toBe(findings.all.length);
    const ofLink = findings.all.filter(
      ({ sessions }) => sessions[0]!.link === findings.all[0]!.sessions[0]!.link,
    );
    expect(ofLink.map(({ evidence }) => evidence.further ?? 0)).toEqual([
      ...Array(MAX_PER_LINK_AND_CODE - 1).fill(0),
      50 - MAX_PER_LINK_AND_CODE,
    ]);
    expect(ofLink.map(({ severity }) => severity).indexOf('error')).toBe(MAX_PER_LINK_AND_CODE - 1);
  });

  it('keeps so many of a capture', () => {
    expect(run(MAX_FINDINGS / MAX_PER_LINK_AND_CODE + 20, MAX_PER_LINK_AND_CODE).findings.all.length).toBe(
      MAX_FINDINGS,
    );
  });

  it('looks at the clock once a second of packet time', () => {
    EveryAck.ticks.length = 0;
    const findings = new Findings(DEFAULT_THRESHOLDS, () => {}, [EveryAck]);
    for (let time = 0; time <= 10_000_000; time += 1_000) findings.now(time);
    expect(EveryAck.ticks.length).toBe(11);
  });
});

describe('packets', () => {
  it('are named once and in order, unknown ones not at all', () => {
    expect(packetList(7, null, 3, undefined, 7, 0)).toEqual([3, 7]);
  });
});
