import { toAscii } from '../ascii.js';
import type { FindingDocument, SummaryDocument } from '../document.js';
import { escapeText } from '../escape.js';
import { flow, type Paint, renderLine } from '../layout.js';
import { endpointText } from '../link-facts.js';
import { captureText, spansDays } from '../notes.js';
import type { TextOptions } from '../options.js';
import { clockText, parseMicros } from '../time.js';
import { tsharkCommand } from './packet-filter.js';
import { severityCounts, severityRank, worstFirst } from './severity.js';

const LABEL_COLUMNS = 9;
const INDENT = '  ';

/** Findings of one code on one link that are shown in full; of those behind them it is told how many there are. */
const MOST_ALIKE = 3;

/**
 * The findings of a document for people: grouped by link, the worst link and the worst finding first. Ends without a newline.
 * @param all the many of one kind on one link, too.
 */
export function findingsText(document: SummaryDocument, options: TextOptions, all = false): string {
  const { chalk, width, ascii, zone } = options;
  const lines: string[] = [];
  for (const [link, findings] of byLink(document.findings)) {
    lines.push(renderLine(headParts(document, link, findings, options), width), '');
    for (const alike of byCode(findings)) {
      const shown = all || alike.length === MOST_ALIKE + 1 ? alike.length : MOST_ALIKE;
      for (const finding of alike.slice(0, shown))
        lines.push(...findingLines(document, finding, options), '');
      const rest = alike.slice(shown);
      if (rest.length > 0) lines.push(...restLines(document, rest, options), '');
    }
  }
  if (document.findings.length === 0) lines.push('no findings', '');
  for (const row of flow([{ text: captureText(document, zone) }], width))
    lines.push(chalk.dim(renderLine(row, width)));
  const text = lines.join('\n');
  return ascii ? toAscii(text) : text;
}

/** By link, in order of their worst finding. */
function byLink(findings: readonly FindingDocument[]): Map<string | null, FindingDocument[]> {
  return grouped(worstFirst(findings), ({ link }) => link);
}

/** Of one severity and code, in the order of the first of each. */
function byCode(findings: readonly FindingDocument[]): FindingDocument[][] {
  return [...grouped(findings, ({ severity, code }) => `${severity} ${code}`).values()];
}

/** In the order of the first of each group. */
function grouped<Key>(
  findings: readonly FindingDocument[],
  keyOf: (finding: FindingDocument) => Key,
): Map<Key, FindingDocument[]> {
  const groups = new Map<Key, FindingDocument[]>();
  for (const finding of findings) {
    const group = groups.get(keyOf(finding));
    if (group === undefined) groups.set(keyOf(finding), [finding]);
    else group.push(finding);
  }
  return groups;
}

function restLines(
  document: SummaryDocument,
  rest: readonly FindingDocument[],
  { chalk, width, zone }: TextOptions,
): string[] {
  const [first, last] = [rest[0]!, rest.at(-1)!].map(({ at }) =>
    at === null
      ? null
      : clockText(parseMicros(at), { zone, decimals: 3, withDate: spansDays(document, zone) }),
  );
  const when = first == null || last == null ? '' : `, ${first} to ${last}`;
  const text = `and ${rest.length} more of ${escapeText(rest[0]!.code, 40)}${when}: --all shows them`;
  const indent = ' '.repeat(INDENT.length + LABEL_COLUMNS);
  return flow([{ text }], width - indent.length).map((row) => chalk.dim(indent + renderLine(row, width)));
}

function headParts(
  document: SummaryDocument,
  id: string | null,
  findings: readonly FindingDocument[],
  { chalk }: TextOptions,
) {
  const link = document.links.find((each) => each.id === id);
  const name =
    link === undefined
      ? escapeText(id ?? 'the capture', 90)
      : `${endpointText(link.master)} → ${endpointText(link.replica)}`;
  return [{ text: name, paint: chalk.bold }, { text: `   ${severityCounts(findings)}` }];
}

function findingLines(document: SummaryDocument, finding: FindingDocument, options: TextOptions): string[] {
  const { chalk, width, zone } = options;
  const { severity, code, at, session, message, advice, filter } = finding;
  const room = width - INDENT.length - LABEL_COLUMNS;
  const clock =
    at === null
      ? ''
      : `   ${clockText(parseMicros(at), { zone, decimals: 3, withDate: spansDays(document, zone) })}`;
  const where = session === null ? '' : `   session ${session}`;
  const rows = [
    [
      { text: escapeText(code, 40), paint: chalk.bold },
      { text: `${clock}${where}`, paint: chalk.dim },
    ],
    ...flow([{ text: escapeText(message, 600) }], room),
  ];
  if (advice !== null) rows.push(...flow([{ text: `→ ${escapeText(advice, 600)}` }], room));
  const { sources, format } = document.capture;
  const command = filter === null ? null : tsharkCommand(sources, format === 'live', filter);
  const label = severity === 'info' ? 'note' : severity;
  const lines = rows.map((row, index) => {
    const head = {
      text: (index === 0 ? label : '').padEnd(LABEL_COLUMNS),
      paint: paintOf(severity, options),
    };
    return renderLine([{ text: INDENT }, head, ...row], width);
  });
  // A command is there to be copied: on one line, however wide.
  if (command !== null)
    lines.push(chalk.dim(`${' '.repeat(INDENT.length + LABEL_COLUMNS)}${escapeText(command, 2000)}`));
  return lines;
}

function paintOf(severity: FindingDocument['severity'], { chalk }: TextOptions): Paint {
  return [chalk.red, chalk.yellow, chalk.dim][severityRank(severity)]!;
}
