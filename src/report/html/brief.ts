import type { FindingDocument, LinkDocument, SyncDocument } from '../document.js';
import { escapeText } from '../escape.js';
import { worstFirst } from '../findings/severity.js';
import { endpointText } from '../link-facts.js';
import { clockText } from '../time.js';
import { bytesText, durationText, plural } from '../units.js';
import { type BriefSource, failoverBrief } from './failover-brief.js';
import type { BriefItem } from './model.js';
import { type Away, awayFrom } from './outage.js';
import { leadingPromotion } from './promotion.js';
import { clauses } from './verdict.js';

/**
 * When, what it cost, why and what to do, in a line each: of the change of masters where there was one and nothing worse, else of the
 * worst finding. Empty where nothing is wrong.
 */
export function briefOf(source: BriefSource): BriefItem[] {
  const { document, topology } = source;
  const promotion = leadingPromotion(document, topology);
  const worst = worstFirst(document.findings)[0];
  const items =
    promotion !== null
      ? failoverBrief(source, promotion)
      : worst === undefined || worst.severity === 'info'
        ? []
        : findingBrief(source, worst);
  return items
    .filter(({ text, at }) => text !== '' || at !== null)
    .map((item) => ({ ...item, text: escapeText(item.text, TEXT_COLUMNS) }));
}

const TEXT_COLUMNS = 800;

function findingBrief(source: BriefSource, worst: FindingDocument): BriefItem[] {
  const { document } = source;
  const alike = document.findings.filter(({ code }) => code === worst.code);
  const link = document.links.find(({ id }) => id === worst.link);
  const [, ...rest] = clauses(worst.message);
  const root = rootOf(worst, document.findings);
  const why = root === null ? rest : [...rest, worst.advice!.replace(REFERENCE, '').trim()];
  return [
    { name: 'When', ...whenPart(source, alike) },
    { name: 'Where', at: null, text: wherePart(alike) },
    { name: 'Cost', at: null, text: link === undefined ? '' : costPart(source, link) },
    { name: root !== null || EXPLAINED.has(worst.code) ? 'Why' : 'More', at: null, text: why.join('; ') },
    { name: 'Do', at: null, text: root?.advice ?? worst.advice ?? '' },
  ];
}

/** Findings whose message goes on with the reason. */
const EXPLAINED: ReadonlySet<string> = new Set([
  'backlog-overflow',
  'transfer-aborted',
  'output-buffer-limit',
]);

/** How an advice names the finding that has the remedy. */
const REFERENCE = /[;,]? ?\(?see ([a-z-]+)\)?$/;

/** The finding of the same link to which the advice of `finding` leads; null: it is an advice itself. */
function rootOf(
  { advice, link }: FindingDocument,
  findings: readonly FindingDocument[],
): FindingDocument | null {
  const code = advice === null ? undefined : REFERENCE.exec(advice)?.[1];
  const root = findings.find((each) => each.code === code && each.link === link);
  return root === undefined || root.advice === null ? null : root;
}

/** The first and the last of several. */
function whenPart(
  { axis, clock }: BriefSource,
  alike: readonly FindingDocument[],
): { at: number | null; text: string } {
  const times = alike.flatMap(({ at }) => (at === null ? [] : [at])).sort();
  const first = axis.isoOrNull(times[0] ?? null);
  if (first === null || times.length < 2) return { at: first, text: '' };
  const last = clockText(axis.iso(times.at(-1)!) + axis.from, { ...clock, decimals: 3 });
  return { at: first, text: `the first of ${times.length}, the last at ${last}` };
}

const MOST_NAMES = 3;

function wherePart(alike: readonly FindingDocument[]): string {
  const names = [...new Set(alike.flatMap(({ link }) => (link === null ? [] : [link])))].map((link) => {
    const [master = '', replica = ''] = link.split('<-');
    return `${endpointText(master)} → ${endpointText(replica)}`;
  });
  const more = names.length - MOST_NAMES;
  return `${names.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${plural(more, 'more link')}` : ''}`;
}

/** Shorter absences of a replica are not worth a word, µs. */
const SHORTEST_ABSENCE = 100_000;

/** Full syncs of a link where one was not its first, what they carried, and how long its replica was without the stream. */
function costPart({ topology, views, axis }: BriefSource, link: LinkDocument): string {
  const wasPromoted = topology.changes.some(({ kind, node }) => kind === 'promoted' && node === link.replica);
  const own = views.filter(({ replica }) => replica === endpointText(link.replica));
  const away = wasPromoted ? null : awayFrom(own, axis.length);
  return [syncsText(link), away === null ? '' : awayText(away)].filter(Boolean).join('; ');
}

function syncsText({ sessions, fullResyncs }: LinkDocument): string {
  const isFirst = ({ cause, why }: SyncDocument): boolean =>
    cause === 'first-sync' || cause === 'rdb-only' || why?.code.startsWith('first-') === true;
  const isCheap = fullResyncs < 2 && sessions.every(({ syncs }) => syncs.every(isFirst));
  if (fullResyncs === 0 || isCheap) return '';
  const bytes = sessions.reduce((sum, { payload }) => sum + (payload?.bytes ?? 0), 0);
  return `${plural(fullResyncs, 'full sync')}, ${bytesText(bytes)} of payload`;
}

function awayText({ untilOnline, between, atEnd }: Away): string {
  const late =
    untilOnline > 0 ? `online only ${durationText(untilOnline / 1000)} after its first connection` : '';
  const gone =
    between >= SHORTEST_ABSENCE ? `its replica was not online for ${durationText(between / 1000)}` : '';
  const end = !atEnd ? '' : gone === '' ? 'its replica was not online at the end' : 'nor at the end';
  return [late, gone, end].filter(Boolean).join('; ');
}
