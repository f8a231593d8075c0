import type { Topology } from '../../analysis/topology/model.js';
import type { SummaryDocument } from '../document.js';
import { escapeText } from '../escape.js';
import { severityCounts, worstFirst } from '../findings/severity.js';
import { clockText } from '../time.js';
import { nameText } from '../topology/node-text.js';
import { plural } from '../units.js';
import type { Clock } from './clock.js';
import type { ReportModel } from './model.js';
import { cameFully, followersOf, leadingPromotion, type Promotion } from './promotion.js';

const HEADLINE_COLUMNS = 300;

/** What stands above everything: one sentence of what matters most, and how many syncs there were. */
export function verdictOf(
  document: SummaryDocument,
  topology: Topology,
  clock: Clock,
): ReportModel['verdict'] {
  const { links, findings } = document;
  const sum = (count: (link: (typeof links)[number]) => number): number =>
    links.reduce((total, link) => total + count(link), 0);
  const full = sum(({ fullResyncs }) => fullResyncs);
  const partial = sum(({ partialResyncs }) => partialResyncs);
  const refused = sum(({ refusedSyncs }) => refusedSyncs);
  const facts = [
    plural(links.length, 'link'),
    plural(full, 'full sync'),
    plural(partial, 'partial resync'),
    refused > 0 ? plural(refused, 'refusal') : '',
    severityCounts(findings) || 'no findings',
  ];
  const worst = worstFirst(findings)[0];
  const isTrouble = worst !== undefined && worst.severity !== 'info';
  const promoted = leadingPromotion(document, topology);
  return {
    tone: isTrouble ? (worst.severity === 'error' ? 'bad' : 'warn') : links.length === 0 ? 'warn' : 'good',
    headline:
      promoted !== null
        ? failoverHeadline(promoted, topology, clock)
        : isTrouble
          ? escapeText(sentenceCase(clauses(worst.message)[0]!), HEADLINE_COLUMNS)
          : links.length === 0
            ? 'No replication link in this capture'
            : 'Nothing is wrong with these links',
    facts: facts.filter(Boolean).join(' · '),
  };
}

/** A finding's message: what it is, and then the arithmetic. */
export function clauses(message: string): string[] {
  return message.split('; ');
}

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function failoverHeadline(promoted: Promotion, topology: Topology, clock: Clock): string {
  const at = clockText(promoted.at, { ...clock, decimals: 3 });
  const node = nameText(promoted.node);
  const followers = followersOf(promoted, topology);
  if (followers.length === 0) return `${node} was made a master at ${at}; nobody has followed it`;
  const full = followers.filter(cameFully);
  const [only] = full;
  const isOld = full.length === 1 && only?.kind === 'attached' && only.wasMaster;
  const cost = isOld
    ? 'the old master needed a full sync to come back'
    : full.length === 0
      ? 'nobody needed a full sync'
      : `${plural(full.length, 'full sync')} followed`;
  return `${node} took over as master at ${at}; ${cost}`;
}
