import type { FindingItem, NoteItem, ReportModel, RowTone, StoryItem } from '../model.js';
import { h } from './dom.js';
import { download } from './download.js';
import { jumpButton, linkAt, type Page, section } from './page.js';

const SEVERITY = { error: 'error', warning: 'warning', info: 'note' } as const;
const TONES = { bad: 'Trouble', warn: 'Worth a look', good: 'Sound' } as const;

/** Shapes beside the colours of tones. */
const SIGNS: Record<Exclude<RowTone, null>, string> = {
  bad: '✕',
  warn: '▲',
  good: '✓',
  strong: '★',
  dim: '·',
};

/** What matters most, in a sentence, and the way to everything else. */
export function header(page: Page): HTMLElement {
  const { model } = page;
  const { verdict } = model;
  const { document: embedded } = model;
  return h(
    'header',
    { class: 'top' },
    h('p', { class: 'kicker' }, h('strong', {}, 'psyncscope'), ` replication report · ${model.title}`),
    h('h1', {}, h('span', { class: `verdict ${verdict.tone}` }, TONES[verdict.tone]), verdict.headline),
    brief(page),
    h('p', { class: 'facts' }, verdict.facts),
    h('p', { class: 'capture' }, `${model.capture} · times in ${model.zoneName}`),
    h(
      'nav',
      { 'aria-label': 'Parts of this report' },
      ...partsOf(model).map((name) => h('a', { href: `#${name.toLowerCase()}` }, name)),
      embedded === null
        ? null
        : h(
            'button',
            { type: 'button', id: 'download', click: () => void download(embedded) },
            'Download the summary document',
          ),
    ),
  );
}

/** Sections that the page has. */
function partsOf({ topology, links }: ReportModel): string[] {
  const drawn = [topology.length > 0 ? 'Topology' : '', links.length > 0 ? 'Picture' : ''];
  return ['Story', 'Findings', ...drawn.filter(Boolean), 'Links', 'Events'];
}

/** When, at what cost, why, and what to do; null where nothing is wrong. */
function brief(page: Page): HTMLElement | null {
  const { model } = page;
  if (model.brief.length === 0) return null;
  return h(
    'dl',
    { class: 'brief', 'aria-label': 'In short' },
    ...model.brief.flatMap(({ name, at, text }) => [
      h('dt', { class: name === 'Do' ? 'do' : null }, name),
      h('dd', {}, at === null ? null : jumpButton(page, at), at !== null && text !== '' ? ' ' : null, text),
    ]),
  );
}

/** What happened, and what was found: side by side where there is room. */
export function opening(page: Page): HTMLElement {
  const isCalm = page.model.findings.length === 0;
  return h('div', { class: `opening ${isCalm ? 'calm' : ''}` }, story(page), findings(page));
}

function story(page: Page): HTMLElement {
  const items = page.model.story;
  if (items.length === 0)
    return section(
      'story',
      'What happened',
      h('p', {}, 'Nothing that changed: no sync, no reconnect, no lag worth telling.'),
    );
  return section(
    'story',
    'What happened',
    h('ol', { class: 'story' }, ...items.map((item) => sentence(page, item))),
  );
}

function sentence(page: Page, { at, text, tone }: StoryItem): HTMLElement {
  if (at === null) return h('li', { class: 'left-out' }, `… ${text}`);
  return h(
    'li',
    { class: tone ?? 'plain' },
    jumpButton(page, at),
    sign(tone),
    h('span', { class: 'text' }, text),
  );
}

/** A tone as a shape; what it says stands in the words beside it. */
export function sign(tone: RowTone): HTMLElement {
  return h(
    'span',
    { class: `sign ${tone ?? 'plain'}`, 'aria-hidden': 'true' },
    tone === null ? '·' : SIGNS[tone],
  );
}

function findings(page: Page): HTMLElement {
  const { model } = page;
  const list =
    model.findings.length === 0
      ? h(
          'p',
          { class: 'none' },
          model.links.length === 0
            ? 'No findings: there is no link to judge.'
            : 'No findings: no rule of psyncscope sees anything wrong with these links.',
        )
      : h('ul', { class: 'findings' }, ...alike(model.findings).map((group) => finding(page, group)));
  const notes = model.notes.length === 0 ? null : h('ul', { class: 'notes' }, ...model.notes.map(note));
  return section('findings', 'What was found, and what to do', list, notes);
}

/** Findings of one code and link together, in the order of the first of each: a loop has the same one over and over. */
function alike(findings: readonly FindingItem[]): FindingItem[][] {
  const groups = new Map<string, FindingItem[]>();
  for (const item of findings) {
    const key = `${item.code} ${item.linkName}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

function finding(page: Page, [item, ...others]: FindingItem[]): HTMLElement {
  const { severity, code, message, advice } = item!;
  return h(
    'li',
    { class: `finding ${severity}`, 'data-code': code },
    h(
      'p',
      { class: 'head' },
      h('span', { class: `badge ${severity}` }, SEVERITY[severity]),
      h('strong', {}, code),
      ...place(page, item!),
    ),
    h('p', { class: 'message' }, message),
    advice === null ? null : h('p', { class: 'advice' }, h('span', { class: 'do' }, 'Do'), advice),
    evidence(item!),
    others.length === 0
      ? null
      : h(
          'details',
          {},
          h('summary', {}, `${others.length} more of the same`),
          ...others.map((other) =>
            h(
              'div',
              { class: 'other' },
              h('p', { class: 'head' }, ...place(page, other)),
              h('p', {}, other.message),
              evidence(other),
            ),
          ),
        ),
  );
}

/** When and where something was found. */
function place(page: Page, { at, session, link, linkName }: FindingItem): (HTMLElement | null)[] {
  const name = linkAt(page.model, link)?.name ?? linkName;
  const where = [name, session === null ? '' : `session ${session}`].filter(Boolean).join(', ');
  return [at === null ? null : jumpButton(page, at), h('span', { class: 'where mono' }, where)];
}

function evidence({ evidence: values, packets, command }: FindingItem): HTMLElement | null {
  if (values.length === 0 && command === null) return null;
  return h(
    'details',
    {},
    h('summary', {}, 'Evidence'),
    h(
      'dl',
      { class: 'pairs' },
      ...values.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
    ),
    packets.length === 0 ? null : h('p', {}, `Packets ${packets.join(', ')}`),
    command === null
      ? null
      : h('pre', { tabindex: 0, 'aria-label': 'Command that shows the packets' }, command),
  );
}

function note({ severity, text, advice }: NoteItem): HTMLElement {
  return h(
    'li',
    {},
    h('span', { class: `badge ${severity}` }, SEVERITY[severity]),
    advice === null ? text : `${text}: ${advice}`,
  );
}

/** What the page does not hold, in words; null where it holds everything. */
export function leftOutText({ leftOut }: ReportModel): string | null {
  const parts = [
    leftOut.links > 0 ? `${leftOut.links} links` : '',
    leftOut.events > 0 ? `${leftOut.events} events of the middle` : '',
    leftOut.nodes > 0 ? `${leftOut.nodes} servers of the drawing` : '',
  ].filter(Boolean);
  return parts.length === 0 ? null : `Not in this page, so that it stays small: ${parts.join(', ')}.`;
}
