import { spanWords } from './axis.js';
import { Charts, MAX_DRAWN } from './charts.js';
import { h } from './dom.js';
import { Lanes } from './lanes.js';
import { legend, textures } from './legend.js';
import { clockOf, type Page, section } from './page.js';

/** Share of what is shown that an arrow key moves by; and what a key makes of it. */
const PAN = 0.2;
const ZOOM = 0.6;
/** The cursor's step, as a share of what is shown. */
const STEP = 0.01;

/** Width of what is drawn on paper, px: A4 and Letter have room for it, whatever the window is. */
const PAPER = 690;

/** Lanes and charts on one time axis. */
export function picture(page: Page): HTMLElement | null {
  const { view, model } = page;
  if (model.links.length === 0) return null;
  const lanes = new Lanes(page);
  const charts = new Charts(page);
  const shown = h('output', { class: 'span', 'aria-live': 'polite' });
  const said = h('output', { class: 'unseen', 'aria-live': 'polite' });
  const stage = h(
    'div',
    {
      class: 'stage',
      id: 'stage',
      tabindex: 0,
      role: 'group',
      'aria-label':
        'Sessions, offsets and lag over time. Arrow keys move, with Shift the cursor, plus and minus zoom, 0 shows everything.',
      keydown: (event) => onKey(event as KeyboardEvent, page, said),
    },
    lanes.box,
    charts.isEmpty ? null : charts.element,
  );
  const made = section(
    'picture',
    'The picture: sessions, offsets and lag on one time axis',
    textures(),
    h('div', { class: 'tools' }, ...tools(page), shown, said),
    h(
      'p',
      { class: 'hint for-mouse' },
      'Drag over lanes or charts to zoom in, double-click to see everything. With the keyboard: ',
      ...['←', '→', '+', '−', '0'].flatMap((key) => [h('kbd', {}, key), ' ']),
      'and ',
      h('kbd', {}, 'Shift'),
      ' ',
      h('kbd', {}, '→'),
      ' for the cursor. Click a session for its details.',
    ),
    h('p', { class: 'hint for-touch' }, 'The buttons move and zoom; a tap on a session opens its details.'),
    legend(model),
    stage,
    charts.isEmpty ? null : charts.table(),
    model.links.filter(({ course }) => course !== null).length > MAX_DRAWN
      ? h('p', { class: 'hint' }, `The ${MAX_DRAWN} links with the most lag are drawn at first.`)
      : null,
  );
  page.picture = made;
  lanes.element.addEventListener('session', (event) => {
    const { link, session } = (event as CustomEvent<{ link: number; session: number }>).detail;
    showSession(link, session);
  });
  const tell = (): void => {
    shown.textContent = spanWords(page);
    stage.dataset.from = String(Math.round(view.span.from));
    stage.dataset.to = String(Math.round(view.span.to));
  };
  view.onSpan(tell);
  tell();
  redrawWhenNeeded(stage, lanes, charts);
  return made;
}

function tools({ view }: Page): HTMLElement[] {
  const tool = (label: string, name: string, act: () => void): HTMLElement =>
    h('button', { type: 'button', 'aria-label': name, title: name, click: act }, label);
  return [
    tool('←', 'Earlier', () => view.pan(-PAN)),
    tool('→', 'Later', () => view.pan(PAN)),
    tool('+', 'Zoom in', () => view.zoom(ZOOM)),
    tool('−', 'Zoom out', () => view.zoom(1 / ZOOM)),
    tool('All', 'Show the whole capture', () => view.reset()),
  ];
}

function onKey(event: KeyboardEvent, { view, model }: Page, said: HTMLElement): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const acts: Record<string, () => void> = {
    ArrowLeft: () => (event.shiftKey ? view.step(-STEP) : view.pan(-PAN)),
    ArrowRight: () => (event.shiftKey ? view.step(STEP) : view.pan(PAN)),
    Escape: () => view.point(null),
    '+': () => view.zoom(ZOOM),
    '=': () => view.zoom(ZOOM),
    '-': () => view.zoom(1 / ZOOM),
    '0': () => view.reset(),
    Home: () => view.reset(),
  };
  const act = acts[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
  said.textContent =
    view.cursor === null || !event.shiftKey ? '' : `Cursor at ${clockOf(model, view.cursor)}`;
}

/** Opens the details of a session, further below. */
function showSession(link: number, session: number): void {
  const details = document.querySelector<HTMLDetailsElement>(`#link-${link}`);
  const row = document.querySelector<HTMLDetailsElement>(`#link-${link}-session-${session}`);
  if (details === null || row === null) return;
  details.open = true;
  row.open = true;
  row.scrollIntoView({ block: 'center' });
  row.querySelector('summary')?.focus();
}

/** Another width or other colours: drawn things do not follow by themselves. */
function redrawWhenNeeded(stage: HTMLElement, lanes: Lanes, charts: Charts): void {
  let width = 0;
  new ResizeObserver(() => {
    if (stage.clientWidth === width || stage.clientWidth === 0) return;
    const isFirst = width === 0;
    width = stage.clientWidth;
    lanes.draw();
    if (isFirst) charts.draw();
    else charts.resize();
  }).observe(stage);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => charts.draw());
  const forPaper = (isPaper: boolean): void => {
    document.documentElement.classList.toggle('paper', isPaper);
    stage.style.width = isPaper ? `${PAPER}px` : '';
    lanes.draw();
    charts.draw();
  };
  window.addEventListener('beforeprint', () => forPaper(true));
  window.addEventListener('afterprint', () => forPaper(false));
}
