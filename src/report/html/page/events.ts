import { plural } from '../../units.js';
import type { EventKind, EventRow } from '../model.js';
import { h } from './dom.js';
import { matchingEvents } from './event-filter.js';
import { jumpButton, linkAt, type Page, section } from './page.js';
import { leftOutText, sign } from './summary.js';

/** Rows put into the table at once: thousands would make it slow. */
const BATCH = 200;

const KINDS: Record<EventKind, string> = {
  decision: 'decisions',
  connection: 'connections',
  payload: 'payloads',
  stream: 'online',
  lag: 'lag',
  finding: 'findings',
  capture: 'gaps and TLS',
  handshake: 'handshakes',
};

/** Every event but ACKs and commands: filtered by kind and link, searched by words. */
export function events(page: Page): HTMLElement {
  const { model } = page;
  const there = new Set(model.events.map(({ kind }) => kind));
  const kinds = new Set<EventKind>([...there].filter((kind) => kind !== 'handshake'));
  const body = h('tbody');
  const count = h('output', { 'aria-live': 'polite', class: 'count' });
  const more = h('button', { type: 'button', class: 'more', click: () => show(shown + BATCH) }, 'Show more');
  let matching: EventRow[] = [];
  let shown = 0;
  let word = '';
  let link: number | null = null;

  const show = (until: number): void => {
    body.append(...matching.slice(shown, until).map((event) => row(page, event)));
    shown = Math.min(until, matching.length);
    more.hidden = shown === matching.length;
    const seen = shown < matching.length ? `, the first ${shown} shown` : '';
    count.textContent = `${plural(matching.length, 'event')} of ${model.events.length}${seen}`;
  };
  const filter = (): void => {
    matching = matchingEvents(model, { kinds, link, word });
    body.replaceChildren();
    shown = 0;
    show(BATCH);
  };
  const search = h('input', {
    type: 'search',
    id: 'search',
    placeholder: 'word, port, id',
    input: () => {
      word = search.value.trim().toLowerCase();
      filter();
    },
  });
  const choice = h(
    'select',
    {
      id: 'event-link',
      change: () => {
        link = choice.value === '' ? null : Number(choice.value);
        filter();
      },
    },
    h('option', { value: '' }, 'all links'),
    ...model.links.map(({ name }, index) => h('option', { value: index }, name)),
  );
  const boxes = (Object.keys(KINDS) as EventKind[])
    .filter((kind) => there.has(kind))
    .map((kind) => {
      const box = h('input', {
        type: 'checkbox',
        checked: kinds.has(kind),
        'data-kind': kind,
        change: () => {
          if (box.checked) kinds.add(kind);
          else kinds.delete(kind);
          filter();
        },
      });
      return h('label', { class: 'choice' }, box, KINDS[kind]);
    });
  filter();
  const left = leftOutText(model);
  return section(
    'events',
    'Events',
    h(
      'div',
      { class: 'filters', role: 'search' },
      h('label', { for: 'search' }, 'Search ', search),
      model.links.length > 1 ? h('label', { for: 'event-link' }, 'Link ', choice) : null,
      h('fieldset', {}, h('legend', {}, 'Kinds'), ...boxes),
      count,
    ),
    h(
      'div',
      { class: 'table-box' },
      h(
        'table',
        { class: 'events' },
        h('caption', { class: 'unseen' }, 'Events in order of time'),
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            ...['Time', 'Link', 'Who', 'What', 'Meaning', 'Packet'].map((name) =>
              h('th', { scope: 'col' }, name),
            ),
          ),
        ),
        body,
      ),
    ),
    more,
    left === null ? null : h('p', { class: 'left-out' }, left),
  );
}

function row(page: Page, event: EventRow): HTMLElement {
  const link = linkAt(page.model, event.link);
  const place = [link?.name ?? '', event.session === null ? '' : `#${event.session}`]
    .filter(Boolean)
    .join(' ');
  return h(
    'tr',
    { class: event.tone ?? 'plain', 'data-kind': event.kind },
    h('td', {}, jumpButton(page, event.at)),
    h('td', { class: 'mono' }, place),
    h('td', {}, event.from ?? ''),
    h('td', { class: 'what' }, sign(event.tone), h('span', { class: 'mono' }, event.what)),
    h('td', {}, event.why),
    h('td', { class: 'number' }, String(event.packet)),
  );
}
