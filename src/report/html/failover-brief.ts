import type { Topology } from '../../analysis/topology/model.js';
import type { FindingDocument, SummaryDocument } from '../document.js';
import { orderText } from '../order-text.js';
import { clockText, parseMicros } from '../time.js';
import { nameText } from '../topology/node-text.js';
import { bytesText, countText, durationText, plural } from '../units.js';
import type { Axis } from './axis.js';
import type { Clock } from './clock.js';
import type { BriefItem, LinkView } from './model.js';
import { cameFully, type Follower, followersOf, type Promotion } from './promotion.js';

/** What a brief is made from. `views` are the links of the page, not always all. */
export interface BriefSource {
  document: SummaryDocument;
  topology: Topology;
  views: readonly LinkView[];
  axis: Axis;
  clock: Clock;
}

/** Followers named one by one. */
const MOST_FOLLOWERS = 4;

/** What comes sooner than this came at once, µs. */
const AT_ONCE = 1_000;

/** Silence worth a word, µs. */
const SHORTEST_SILENCE = 1_000_000;

/** What of a failover is said at the top of the page. */
export function failoverBrief(source: BriefSource, promotion: Promotion): BriefItem[] {
  const { document, topology, axis } = source;
  const cost = document.findings.find(({ code }) => code === 'failover-cost') ?? null;
  const before = masterBefore(topology, promotion);
  const followers = followersOf(promotion, topology);
  const full = followers.filter(cameFully).length;
  return [
    { name: 'When', at: axis.micros(promotion.at), text: whenText(source, promotion, before) },
    { name: 'Back', at: null, text: backText(followers, promotion) },
    { name: 'Cost', at: null, text: followers.length === 0 ? '' : costText(document, promotion, full, cost) },
    { name: 'Why', at: null, text: cost === null ? '' : whyText(cost) },
    { name: 'Do', at: null, text: cost?.advice ?? '' },
  ];
}

/** Who the promoted node replicated from until then. */
function masterBefore({ attachments }: Topology, { node, at }: Promotion): string | null {
  return attachments.findLast(({ replica, from }) => replica === node && from <= at)?.master ?? null;
}

/** By whose order, and since when the old master had been silent. */
function whenText(
  { views, axis, clock }: BriefSource,
  { order, succession, notBefore, at }: Promotion,
  before: string | null,
): string {
  const how =
    order !== null
      ? orderText(order).trim()
      : succession?.kind === 'failover-command'
        ? 'by FAILOVER'
        : notBefore === null
          ? ''
          : `or sooner: its master closed the link at ${clockText(notBefore, { ...clock, decimals: 3 })}`;
  const own = before === null ? [] : views.filter(({ master }) => master === nameText(before));
  const silent = silenceOf(own, axis.micros(at));
  const silence =
    before === null || silent === null || silent < SHORTEST_SILENCE
      ? ''
      : `${nameText(before)}, the old master, had sent its replicas nothing for ${durationText(silent / 1000)}`;
  return [how, silence].filter(Boolean).join('; ');
}

/** How long before `at` the last byte of these links was sent, µs (to within a step of their charts). null: nobody knows. */
function silenceOf(links: readonly LinkView[], at: number): number | null {
  let last: number | null = null;
  for (const { course } of links) {
    if (course === null) continue;
    for (const [row, sent] of course.sent.entries()) {
      const isNew = sent !== null && sent !== course.sent[row - 1];
      const time = course.t[row]!;
      if (isNew && time <= at) last = Math.max(last ?? 0, time);
    }
  }
  return last === null ? null : at - last;
}

/** Who followed the promoted node, how soon, and at what price. */
function backText(followers: readonly Follower[], { at }: Promotion): string {
  const texts = followers.slice(0, MOST_FOLLOWERS).map((change) => {
    const was = change.kind === 'attached' && change.wasMaster ? ', the old master,' : '';
    const how = change.sync === null ? 'a sync' : cameFully(change) ? 'a full sync' : 'a partial resync';
    const soon = change.at - at < AT_ONCE ? 'at once' : `after ${durationText((change.at - at) / 1000)}`;
    return `${nameText(change.node)}${was} ${soon} by ${how}`;
  });
  const more = followers.length - texts.length;
  if (more > 0) texts.push(`${countText(more)} more`);
  return texts.join('; ');
}

/** Full syncs with the promoted node, and writes that were given up. */
function costText(
  { links }: SummaryDocument,
  { node, at }: Promotion,
  full: number,
  cost: FindingDocument | null,
): string {
  const bytes = links
    .filter(({ master }) => master === node)
    .flatMap(({ sessions }) => sessions)
    .filter(({ openedAt }) => openedAt !== null && parseMicros(openedAt) >= at)
    .reduce((sum, { payload }) => sum + (payload?.bytes ?? 0), 0);
  const syncs = full === 0 ? 'no full sync' : `${plural(full, 'full sync')}, ${bytesText(bytes)} of payload`;
  const [least, most] = [cost?.evidence.lostFrom, cost?.evidence.lostTo];
  if (typeof most !== 'number') return syncs;
  const lost =
    typeof least === 'number' && least !== most
      ? `${bytesText(least)} to ${bytesText(most)}`
      : bytesText(most);
  return `${lost} of writes (or PINGs alone) given up, which only the old master held; ${syncs}`;
}

/** Where the old master stood, and where the others went on. */
function whyText({ evidence }: FindingDocument): string {
  const { askedOffset, commonFrom, commonTo, certain } = evidence;
  const common = commonTo ?? commonFrom;
  if (typeof askedOffset !== 'number' || typeof common !== 'number') return '';
  const doubt = certain === 1 ? '' : ' (or the backlog of the new master is too short)';
  return `the old master had written on to ${countText(askedOffset - 1)} when the others went on from ${countText(common)}: such a history cannot be continued${doubt}`;
}
