import { stringify } from 'yaml';
import type { LinkDocument, SummaryDocument } from '../report/document.js';
import { escapeText } from '../report/escape.js';

/** Links that get assertions of their own. */
const MAX_LINKS = 20;

/** Decisions of the first link that become a sequence of events. */
const MAX_DECISIONS = 8;

/** Room above what was met: what is asserted is not to fail on the next run of a busy machine. */
const ROOM = 4;

const LEAST_LAG_BYTES = 64 * 1024;
const LEAST_LAG_MS = 5000;

/**
 * A starter assertion file of what a capture shows: it holds for that capture, with room, and is meant to be edited.
 * @param captures Paths as they are to stand in the file.
 */
export function starterFile(document: SummaryDocument, captures: readonly string[]): string {
  const { links, findings } = document;
  const assertions: Record<string, unknown> = {
    'links of the capture': { expr: `links.size() == ${links.length}` },
    'the capture is whole': { severity: 'warning', expr: captureExpression(document) },
  };
  for (const link of links.slice(0, MAX_LINKS)) assertions[`link ${link.id}`] = linkAssertion(link);
  assertions['payloads arrive whole'] = {
    expr: payloadsExpression(links),
    description: 'every payload complete, and none with a wrong checksum',
  };
  const codes = [...new Set(findings.filter(({ severity }) => severity !== 'info').map(({ code }) => code))];
  assertions['no new findings'] = {
    expr: `findings.all(f, ${['f.severity == "info"', ...codes.map((code) => `f.code == "${code}"`)].join(' || ')})`,
  };
  const first = links[0];
  // Where times go back they do not tell which event came first.
  const isOrdered = document.findings.every(({ code }) => code !== 'capture-clock');
  const decided = first === undefined || !isOrdered ? [] : decisionEvents(first);
  if (first !== undefined && decided.length > 0)
    assertions['decisions in this order'] = { link: first.id, events: decided };
  const named = captures.map((path) => escapeText(path, 200)).join(' ');
  const head = [
    `# Written by psyncscope check --init from ${named}: what it shows, as assertions to be edited.`,
    '# yaml-language-server: $schema=./node_modules/psyncscope/schema/assertions.schema.json',
  ];
  const body = stringify({ captures: [...captures], assertions }, { lineWidth: 100 });
  return `${head.join('\n')}\n${body}`;
}

function linkAssertion(link: LinkDocument): unknown {
  const { lag } = link;
  const limits: Record<string, unknown> = {};
  if (lag.maxBytes !== null)
    limits.maxBytes = { max: sizeText(Math.max(LEAST_LAG_BYTES, lag.maxBytes * ROOM)) };
  if (lag.maxMs !== null) limits.maxMs = { max: durationText(Math.max(LEAST_LAG_MS, lag.maxMs * ROOM)) };
  const sound = link.sessions.every(({ loss }) => loss.gaps === 0);
  return {
    link: link.id,
    pattern: {
      links: {
        every: {
          fullResyncs: { max: link.fullResyncs },
          partialResyncs: { max: link.partialResyncs },
          refusedSyncs: { max: link.refusedSyncs },
          reconnects: { max: link.reconnects },
          ...(Object.keys(limits).length === 0 ? {} : { lag: limits }),
          ...(sound && link.sessions.length > 0 ? { sessions: { every: { loss: { gaps: 0 } } } } : {}),
        },
      },
    },
  };
}

function captureExpression({ capture }: SummaryDocument): string {
  const parts = [`capture.cutPackets <= ${capture.cutPackets}`];
  if (capture.complete) parts.push('capture.complete');
  return parts.join(' && ');
}

function payloadsExpression(links: readonly LinkDocument[]): string {
  const payloads = links
    .flatMap(({ sessions }) => sessions)
    .flatMap(({ payload }) => (payload === null ? [] : [payload]));
  const parts: string[] = [];
  if (payloads.every(({ complete }) => complete)) parts.push('s.payload.complete');
  if (payloads.every(({ rdb }) => rdb !== null && rdb.checksum !== 'invalid'))
    parts.push('s.payload.rdb.checksum != "invalid"');
  const sound = parts.length === 0 ? 's.payload.bytes >= 0' : parts.join(' && ');
  return `links.all(l, l.sessions.all(s, s.payload == null || (${sound})))`;
}

function decisionEvents(link: LinkDocument): unknown[] {
  const syncs = link.sessions.flatMap((session) => session.syncs).filter(({ decision }) => decision !== null);
  // Of a sync over two connections the cause is known when both were seen: after the event.
  const isCauseKnown = syncs.every(({ decision }) => decision !== 'DUALCHANNEL');
  return (
    syncs
      // The two connections of one sync overlap: events come in the order of time.
      .sort((a, b) => ((a.decidedAt ?? '') < (b.decidedAt ?? '') ? -1 : 1))
      .slice(0, MAX_DECISIONS)
      .map(({ decision, cause }) => ({
        event: 'sync.decided',
        decision,
        ...(cause === null || !isCauseKnown ? {} : { cause }),
      }))
  );
}

/** The next power of two, with its unit. */
function sizeText(bytes: number): string {
  let kb = 1;
  while (kb * 1024 < bytes) kb *= 2;
  return kb < 1024 ? `${kb}kb` : `${kb / 1024}mb`;
}

/** Whole seconds, up. */
function durationText(ms: number): string {
  return `${Math.ceil(ms / 1000)}s`;
}
