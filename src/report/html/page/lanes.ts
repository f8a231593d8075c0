import type { LinkView, MarkView, SessionView } from '../model.js';
import { LEFT, RIGHT, ticksOf } from './axis.js';
import { h, s } from './dom.js';
import { LETTERS, PHASE_NAMES } from './legend.js';
import { momentMarks } from './moments.js';
import { clockOf, type Page } from './page.js';
import { stacked } from './stacking.js';
import type { Span } from './view.js';

const BAR = 20;
const ROW = 24;
/** Height of the strip of marks; findings have one of their own above it. */
const MARKS = 18;
const FINDINGS = 15;
const AXIS = 20;
/** A bar is never thinner, px: what took no time is still seen. */
const THINNEST = 2;
/** Marks closer than this are one, px. */
const NEAREST = 13;
/** More lanes than this scroll. */
const MOST_UNSCROLLED = 12;
/** Least width of the plot, px. */
const NARROWEST = 50;
/** A drag shorter than this is a click, px. */
const SHORTEST_DRAG = 5;

interface Mark {
  at: number;
  kind: MarkView['kind'] | 'finding';
  text: string;
}

/** Who gets the room for a letter: the lower, the sooner. */
const RANKS: Record<MarkView['kind'] | 'finding', number> = {
  finding: 0,
  refused: 1,
  full: 2,
  partial: 2,
  reset: 3,
  closed: 4,
};

/** Swim lanes: one a link, with its sessions as bars of phases. Dragging shows a stretch of time, a click a session. */
export class Lanes {
  /** What is put into the page: with many lanes it scrolls, so that the charts below stay in sight. */
  readonly box: HTMLElement;
  readonly element: HTMLElement;
  readonly #page: Page;
  readonly #rows: { link: LinkView; index: number; plot: HTMLElement }[];
  readonly #axis = h('div', { class: 'lane-axis' });
  readonly #moments = h('div', { class: 'moments' });
  readonly #cursor = h('div', { class: 'cursor', hidden: true });
  /** Of the plot, as of the last drawing, px. */
  #width = NARROWEST;
  readonly #brush = h('div', { class: 'brush', hidden: true });

  constructor(page: Page) {
    this.#page = page;
    this.#rows = page.model.links.map((link, index) => ({
      link,
      index,
      plot: h('div', { class: 'lane-plot' }),
    }));
    this.element = h(
      'div',
      { class: 'lanes' },
      this.#axis,
      this.#moments,
      ...this.#rows.map(({ link, index, plot }) => lane(link, index, plot)),
      this.#brush,
      this.#cursor,
    );
    const isMany = this.#rows.length > MOST_UNSCROLLED;
    this.box = isMany
      ? h('div', { class: 'lanes-box', tabindex: 0, role: 'group', 'aria-label': 'Lanes' }, this.element)
      : this.element;
    page.view.onSpan(() => this.draw());
    page.view.onCursor(() => this.#point());
    this.#listen();
  }

  #place(at: number): number {
    const { from, to } = this.#page.view.span;
    return ((at - from) / (to - from)) * this.#width;
  }

  draw(): void {
    const { model, view } = this.#page;
    // Asked for once: with each bar that is put in its place the browser would lay out everything anew.
    const { parentElement } = this.box;
    // As wide as the charts, whatever a scroll bar takes.
    if (this.box !== this.element) this.element.style.width = `${parentElement?.clientWidth ?? 0}px`;
    const width = Math.max(NARROWEST, (parentElement?.clientWidth ?? 0) - LEFT - RIGHT);
    this.#width = width;
    const ticks = ticksOf(model, view.span, width);
    this.#axis.replaceChildren(
      s(
        'svg',
        { width: width + LEFT + RIGHT, height: AXIS, 'aria-hidden': 'true' },
        ...ticks.map(({ at, label }) =>
          s('text', { x: LEFT + this.#place(at), y: 13, class: 'tick' }, label),
        ),
      ),
    );
    this.#moments.replaceChildren(...momentMarks(model, view.span, width));
    for (const { link, index, plot } of this.#rows)
      plot.replaceChildren(
        this.#lane(
          link,
          index,
          ticks.map(({ at }) => at),
        ),
      );
    this.#point();
  }

  #lane(link: LinkView, index: number, ticks: readonly number[]): SVGSVGElement {
    const { span } = this.#page.view;
    const shown = link.sessions.filter(({ from, to }) => to >= span.from && from <= span.to);
    const { rows, count } = stacked(link.sessions);
    const marks: Mark[] = shown.flatMap((session) =>
      session.marks.map((mark) => ({ ...mark, text: `session ${session.number}: ${mark.text}` })),
    );
    const found: Mark[] = this.#page.model.findings
      .filter((item) => item.link === index && item.at !== null)
      .map((item) => ({ at: item.at!, kind: 'finding', text: `${item.code}: ${item.message}` }));
    const top = found.length > 0 ? FINDINGS : 0;
    const height = top + MARKS + Math.max(1, count) * ROW;
    return s(
      'svg',
      {
        width: this.#width + LEFT + RIGHT,
        height,
        role: 'img',
        'aria-label': `${link.name}: ${link.sessions.length} sessions, listed below under Links`,
      },
      s(
        'g',
        { transform: `translate(${LEFT},0)` },
        ...ticks.map((at) =>
          s('line', { x1: this.#place(at), x2: this.#place(at), y1: 0, y2: height, class: 'grid' }),
        ),
        ...shown.map((session) =>
          this.#session(session, index, top + MARKS + rows.get(session.number)! * ROW),
        ),
        ...this.#marks(found, 0, top + MARKS),
        ...this.#marks(marks, top, top + MARKS),
      ),
    );
  }

  #session(session: SessionView, link: number, y: number): SVGElement {
    const phases = session.phases
      .map((phase) => ({ ...phase, left: this.#clamped(phase.from), right: this.#clamped(phase.to) }))
      // What is not in view has both ends at one side of it.
      .filter(({ from, to }) => to >= this.#page.view.span.from && from <= this.#page.view.span.to);
    const group = s('g', { class: 'session', 'data-link': link, 'data-session': session.number });
    for (const { kind, left, right } of phases) {
      const width = Math.max(THINNEST, right - left);
      group.append(
        s(
          'rect',
          { x: left, y, width, height: BAR, class: `phase ${kind}` },
          s('title', {}, `${session.title}\n${PHASE_NAMES[kind]}`),
        ),
      );
      if (kind === 'waiting' || kind === 'loading' || kind === 'refused')
        group.append(
          s('rect', { x: left, y, width, height: BAR, class: 'texture', fill: `url(#texture-${kind})` }),
        );
      const text = width > 110 ? `${kind} · session ${session.number}` : kind;
      if (width > text.length * 6.6 + 8)
        group.append(s('text', { x: Math.max(left, 0) + 6, y: y + 14, class: 'phase-name' }, text));
    }
    if (session.openStart)
      group.append(
        s(
          'text',
          { x: this.#clamped(session.from) - 3, y: y + 14, class: 'open', 'text-anchor': 'end' },
          '‹',
        ),
      );
    if (session.openEnd)
      group.append(s('text', { x: this.#clamped(session.to) + 2, y: y + 14, class: 'open' }, '›'));
    return group;
  }

  /** Marks with their letters at `top`, and a line down to the bar at `bottom`. */
  #marks(marks: readonly Mark[], top: number, bottom: number): SVGElement[] {
    const drawn: SVGElement[] = [];
    const taken: number[] = [];
    // Where there is no room for all, what was decided and found matters more than what was closed.
    const { span } = this.#page.view;
    const inView = marks.filter(({ at }) => at >= span.from && at <= span.to);
    const ranked = inView.sort((a, b) => RANKS[a.kind] - RANKS[b.kind] || a.at - b.at);
    for (const { at, kind, text } of ranked) {
      const x = this.#place(at);
      const title = s('title', {}, `${clockOf(this.#page.model, at)} ${text}`);
      if (taken.some((other) => Math.abs(x - other) < NEAREST)) {
        drawn.push(
          s('line', { x1: x, x2: x, y1: bottom - 4, y2: bottom, class: `mark-tick ${kind}` }, title),
        );
        continue;
      }
      taken.push(x);
      drawn.push(
        s(
          'g',
          { class: `mark ${kind}` },
          title,
          s('rect', {
            class: 'plate',
            x: x - 6.5,
            y: top + 1,
            width: 13,
            height: 13,
            rx: kind === 'partial' ? 6.5 : 2,
          }),
          s('text', { x, y: top + 11.5 }, LETTERS[kind]),
          s('line', { x1: x, x2: x, y1: top + 14, y2: bottom }),
        ),
      );
    }
    return drawn;
  }

  #clamped(at: number): number {
    return Math.min(this.#width + RIGHT, Math.max(-4, this.#place(at)));
  }

  #point(): void {
    const { cursor, span } = this.#page.view;
    this.#cursor.hidden = cursor === null || cursor < span.from || cursor > span.to;
    if (cursor !== null) this.#cursor.style.left = `${LEFT + this.#place(cursor)}px`;
  }

  #listen(): void {
    const { element } = this;
    const { view } = this.#page;
    let begun: number | null = null;
    const inPlot = (event: PointerEvent): number => {
      const x = event.clientX - element.getBoundingClientRect().left - LEFT;
      return Math.min(this.#width, Math.max(0, x));
    };
    const timeAt = (x: number, { from, to }: Span): number => from + (x / this.#width) * (to - from);
    element.addEventListener('pointerdown', (event) => {
      if (event.button === 0 && event.pointerType === 'mouse') begun = inPlot(event);
    });
    element.addEventListener('pointermove', (event) => {
      const x = inPlot(event);
      view.point(timeAt(x, view.span));
      if (begun === null || Math.abs(x - begun) < SHORTEST_DRAG) return;
      this.#brush.hidden = false;
      this.#brush.style.left = `${LEFT + Math.min(begun, x)}px`;
      this.#brush.style.width = `${Math.abs(x - begun)}px`;
    });
    // Beyond the lanes too: a drag may end anywhere.
    window.addEventListener('pointerup', (event) => {
      if (begun === null) return;
      const from = begun;
      const to = inPlot(event);
      begun = null;
      this.#brush.hidden = true;
      if (Math.abs(to - from) >= SHORTEST_DRAG)
        view.show(timeAt(Math.min(from, to), view.span), timeAt(Math.max(from, to), view.span));
    });
    element.addEventListener('pointerleave', () => view.point(null));
    element.addEventListener('dblclick', () => view.reset());
    element.addEventListener('click', (event) => {
      const session = event.target instanceof Element ? event.target.closest('.session') : null;
      if (session === null) return;
      const { link, session: number } = (session as SVGElement).dataset;
      element.dispatchEvent(
        new CustomEvent('session', { detail: { link: Number(link), session: Number(number) } }),
      );
    });
  }
}

function lane(link: LinkView, index: number, plot: HTMLElement): HTMLElement {
  return h(
    'div',
    { class: 'lane', 'data-link': index },
    h(
      'p',
      { class: 'lane-name' },
      h('span', { class: 'mono' }, link.name),
      h('span', { class: 'lane-state' }, link.state),
    ),
    plot,
  );
}
