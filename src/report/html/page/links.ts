import { bytesText, countText, plural } from '../../units.js';
import type { CommandsView, LinkView, PayloadView, SessionView } from '../model.js';
import { h } from './dom.js';
import { bar, jumpButton, type Page, section, table } from './page.js';

/** Links that are open from the beginning. */
const OPEN = 1;

/** Each link: its numbers, its sessions as the timeline tells them, what its payloads hold, what its stream is made of. */
export function links(page: Page): HTMLElement {
  const { model } = page;
  if (model.links.length === 0) return section('links', 'Links', h('p', {}, 'There are none.'));
  return section(
    'links',
    'Links',
    ...model.links.map((link, index) => linkPart(page, link, index, model.links.length <= OPEN)),
  );
}

function linkPart(page: Page, link: LinkView, index: number, isOpen: boolean): HTMLElement {
  return h(
    'details',
    { class: 'link', id: `link-${index}`, open: isOpen },
    h(
      'summary',
      {},
      h('h3', { class: 'mono' }, `${link.master} → ${link.replica}`),
      h(
        'span',
        { class: 'facts' },
        [link.server, link.state, plural(link.sessions.length + link.sessionsLeftOut, 'session')]
          .filter(Boolean)
          .join(' · '),
      ),
    ),
    h(
      'dl',
      { class: 'pairs numbers' },
      ...link.facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
    ),
    h('h4', {}, 'Sessions'),
    ...link.sessions.map((session) => sessionPart(page, session, index, link.sessions.length === 1)),
    link.sessionsLeftOut > 0
      ? h(
          'p',
          { class: 'left-out' },
          `… ${plural(link.sessionsLeftOut, 'more session')} between these are not in this page`,
        )
      : null,
    ...link.payloads.map((payload) => payloadPart(page, payload)),
    link.commands === null ? null : commandsPart(link.commands),
  );
}

function sessionPart(page: Page, session: SessionView, link: number, isOpen: boolean): HTMLElement {
  return h(
    'details',
    { class: 'session', id: `link-${link}-session-${session.number}`, open: isOpen },
    h('summary', {}, session.title),
    h('p', { class: 'when' }, 'In the picture: ', jumpButton(page, session.from)),
    h(
      'table',
      { class: 'phases' },
      h('caption', { class: 'unseen' }, `Phases of ${session.title}`),
      h(
        'tbody',
        {},
        ...session.lines.map(({ name, duration, text, inner }) =>
          h(
            'tr',
            { class: inner ? 'inner' : null },
            h('th', { scope: 'row' }, name),
            h('td', { class: 'number' }, duration),
            h('td', {}, text),
          ),
        ),
      ),
    ),
  );
}

function payloadPart(page: Page, payload: PayloadView): HTMLElement {
  const { types, biggest, anatomy, at, problem } = payload;
  const bytes = types.reduce((sum, type) => sum + (type.bytes ?? 0), 0);
  return h(
    'div',
    { class: 'payload' },
    h('h4', {}, `Payload of ${payload.title} `, at === null ? null : jumpButton(page, at)),
    h('p', {}, payload.facts),
    problem === null ? null : h('p', { class: 'problem' }, `It does not follow the format: ${problem}`),
    anatomy.length === 0 ? null : h('p', {}, `Bound by ${anatomy.join(' · ')}`),
    payload.databases === '' ? null : h('p', {}, payload.databases),
    h(
      'div',
      { class: 'side-by-side' },
      types.length === 0
        ? null
        : table(
            'Keys by type',
            ['Type', 'Keys', 'Bytes', 'Share', 'Encodings'],
            types.map((type) => [
              type.type,
              countText(type.keys),
              type.bytes === null ? '–' : bytesText(type.bytes),
              bar(bytes === 0 ? 0 : (type.bytes ?? 0) / bytes),
              type.encodings,
            ]),
            [1, 2],
          ),
      biggest.length === 0
        ? null
        : table(
            'Biggest keys',
            ['Key', 'Type', 'Db', 'Bytes', 'Elements'],
            biggest.map((key) => [
              h('span', { class: 'mono key' }, key.key),
              key.type,
              String(key.db),
              bytesText(key.bytes),
              key.elements === null ? '–' : countText(key.elements),
            ]),
            [2, 3, 4],
          ),
    ),
  );
}

function commandsPart({ facts, rows, rest }: CommandsView): HTMLElement {
  const all = rows.map((row) => [
    h('span', { class: 'mono' }, row.name),
    countText(row.commands),
    bytesText(row.bytes),
    `${(row.share * 100).toFixed(1)} %`,
    bar(row.share),
  ]);
  if (rest !== null) all.push(['others', countText(rest.commands), bytesText(rest.bytes), '', '']);
  return h(
    'div',
    { class: 'commands' },
    h('h4', {}, 'Commands of the stream'),
    h('p', {}, facts),
    table('By share of its bytes', ['Command', 'Times', 'Bytes', 'Share', ''], all, [1, 2, 3]),
  );
}
