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

/** The findings of a document for people: grouped by link, the worst link and the worst finding first. Ends without a newline. */
export function findingsText(document: SummaryDocument, options: TextOptions): string {
  const { chalk, width, ascii, zone } = options;
  const lines: string[] = [];
  for (const [link, findings] of byLink(document.findings)) {
    lines.push(renderLine(headParts(document, link, findings, options), width), '');
    for (const finding of findings) lines.push(...findingLines(document, finding, options), '');
  }
  if (document.findings.length === 0) lines.push('no findings', '');
  for (const row of flow([{ text: captureText(document, zone) }], width))
    lines.push(chalk.dim(renderLine(row, width)));
  const text = lines.join('\n');
  return ascii ? toAscii(text) : text;
}

/** Groups in order of their worst finding. */
function byLink(findings: readonly FindingDocument[]): Map<string | null, FindingDocument[]> {
  const groups = new Map<string | null, FindingDocument[]>();
  for (const finding of worstFirst(findings)) {
    const group = groups.get(finding.link);
    if (group === undefined) groups.set(finding.link, [finding]);
    else group.push(finding);
  }
  return groups;
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
