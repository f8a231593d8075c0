import { describe, expect, it } from 'vitest';
import { sampleSync } from '../testing/sample-document.js';
import { causeText, decisionText } from './causes.js';

type Changes = Parameters<typeof sampleSync>[0];

const X = 'a'.repeat(40);
const Y = 'b'.repeat(40);
const mismatch: Changes = {
  replid: X,
  offset: 201,
  grantedReplid: Y,
  grantedOffset: 200,
  cause: 'replid-mismatch',
};

function text(
  why: { code: string; orElse?: string[]; evidence?: Record<string, string | number | null> },
  changes: Changes,
): string {
  return causeText({ ...sampleSync(changes), why: { orElse: [], evidence: {}, ...why } });
}

describe('words for a reason', () => {
  it('a divergence has both offsets and what is lost', () => {
    const evidence = { node: '10.0.0.2:6379', commonFrom: 140, commonTo: 140, lostFrom: 60, lostTo: 60 };
    expect(text({ code: 'diverged-after-failover', evidence }, mismatch)).toBe(
      'diverged: asked to go on behind 200 of aaaaaaaa…, but 10.0.0.2:6379 left that history at 140 when it became master: 60 B that only this replica holds are given up',
    );
  });

  it('ranges are said where the evidence leaves one', () => {
    const evidence = { node: '10.0.0.2:6379', commonFrom: 70, commonTo: 140, lostFrom: 60, lostTo: 130 };
    const words = text({ code: 'diverged-after-failover', evidence }, mismatch);
    expect(words).toContain('at 70 to 140 ');
    expect(words).toContain('60 B to 130 B ');
  });

  it('what remains possible is named', () => {
    const evidence = { highestOffset: 140, grantedOffset: 300, closedTogether: null, openThen: null };
    const orElse = ['backlog-freed', 'other-server'];
    expect(text({ code: 'master-restarted', orElse, evidence }, mismatch)).toMatch(
      /the master restarted: .*; or the master was without replicas for repl-backlog-ttl.*, or another server answers/,
    );
  });

  it('a history that was never seen', () => {
    expect(text({ code: 'unknown', orElse: ['master-restarted', 'other-master'] }, mismatch)).toBe(
      "replication id mismatch: aaaaaaaa… is not the master's bbbbbbbb…, and was not seen before: the master restarted, or it came from another master",
    );
  });

  it('a restart has both offsets, and what it closed', () => {
    const evidence = { highestOffset: 6698, grantedOffset: 0, closedTogether: 3, openThen: 3 };
    expect(text({ code: 'master-restarted', evidence }, mismatch)).toBe(
      'the master restarted: aaaaaaaa… was its own, it went from 6,698 back to 0 as bbbbbbbb…, and it closed 3 of 3 connections at once',
    );
  });

  it('a backlog that was too short has the missed bytes, and what it held before', () => {
    const changes: Changes = { ...mismatch, grantedReplid: X, cause: 'backlog-miss', missedBytes: 113_520 };
    expect(
      text({ code: 'backlog-too-short', evidence: { outageMs: 1032, backlogAtLeast: 700 } }, changes),
    ).toBe(
      'backlog miss: 113,520 bytes back after 1.0 s, more than the backlog holds (it held at least 700 B before)',
    );
  });

  it('a promotion has who told it, and in which packet', () => {
    const order = { order: 'SLAVEOF NO ONE', orderedBy: '10.0.0.9:41234', orderPacket: 1626 };
    const evidence = { node: '10.0.0.2:6379', commonFrom: 140, commonTo: 140, ...order };
    const changes: Changes = { ...mismatch, decision: 'CONTINUE', cause: 'replid-switched' };
    expect(text({ code: 'promoted', evidence: { ...evidence, orderedBySentinel: 1 } }, changes)).toBe(
      'replid switched: 10.0.0.2:6379 was promoted at 140 by SLAVEOF NO ONE, sent by Sentinel 10.0.0.9 in packet 1,626, aaaaaaaa… lives on as bbbbbbbb…',
    );
    expect(text({ code: 'promoted', evidence: { ...evidence, orderedBySentinel: 0 } }, changes)).toContain(
      'by SLAVEOF NO ONE, sent by 10.0.0.9 in packet 1,626, ',
    );
  });

  it('a failover has the id that was granted', () => {
    const changes: Changes = { ...mismatch, failover: true, decision: 'CONTINUE', cause: 'failover' };
    const evidence = { node: '10.0.0.2:6379', commonFrom: 200, commonTo: 200 };
    expect(text({ code: 'failover-command', evidence }, changes)).toBe(
      'failover: the old master, which holds nothing behind 200, asked its replica to take over; aaaaaaaa… lives on as bbbbbbbb…',
    );
    expect(decisionText(sampleSync(changes))).toBe('CONTINUE bbbbbbbb…');
  });

  it('without a reason the cause speaks for itself', () => {
    expect(causeText(sampleSync(mismatch))).toContain('replication id mismatch');
    expect(text({ code: 'some-later-code' }, mismatch)).toContain('replication id mismatch');
  });

  it('what comes from the wire cannot steer a terminal', () => {
    const evil = '\u001b[2J\u202e';
    const evidence = {
      heldReplid: evil,
      heldOffset: 1,
      heldMaster: evil,
      upstream: evil,
      upstreamState: evil,
      error: evil,
      node: evil,
    };
    for (const code of [
      'history-lost',
      'refused-before',
      'other-master',
      'upstream-changed',
      'no-master-link',
      'promoted',
    ])
      expect(text({ code, evidence }, { ...mismatch, replid: evil, error: evil }), code).not.toMatch(
        /[\u0000-\u001f\u007f-\u009f\u202e]/,
      );
  });
});
