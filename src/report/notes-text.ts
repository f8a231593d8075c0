import type { SummaryDocument } from './document.js';
import { flow, type Paint, renderLine } from './layout.js';
import { type Note, notesOf } from './notes.js';
import type { TextOptions } from './options.js';

const LABEL_COLUMNS = 9;

function paintOf(severity: Note['severity'], options: TextOptions): Paint {
  if (severity === 'error') return options.chalk.red;
  return severity === 'warning' ? options.chalk.yellow : options.chalk.dim;
}

/** The notes as lines: `warning  12 packets …` with the advice below it. Lines are in Unicode; the caller translates. */
export function noteLines(document: SummaryDocument, options: TextOptions): string[] {
  const lines: string[] = [];
  const room = Math.max(20, options.width - LABEL_COLUMNS);
  for (const { severity, text, advice } of notesOf(document)) {
    const label = severity === 'info' ? 'note' : severity;
    const paint = paintOf(severity, options);
    const rows = flow([{ text }], room);
    if (advice !== null) rows.push(...flow([{ text: `→ ${advice}`, paint: options.chalk.dim }], room));
    rows.forEach((row, index) => {
      const head = (index === 0 ? label : '').padEnd(LABEL_COLUMNS);
      lines.push(renderLine([{ text: head, paint }, ...row], options.width));
    });
  }
  return lines;
}
