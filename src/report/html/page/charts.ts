import uPlot from 'uplot';
import { bytesText, countText, durationText } from '../../units.js';
import type { CourseView } from '../model.js';
import { LEFT, RIGHT, ticksOf } from './axis.js';
import { h, styleValue } from './dom.js';
import { clockOf, type Page } from './page.js';
import { alignCourses, type Columns, indexAt } from './series.js';

/** Links drawn at once: more lines cannot be told apart. */
export const MAX_DRAWN = 6;

/** Dashes beside colours. */
const DASHES = [[], [6, 3], [2, 3], [9, 3, 2, 3], [4, 2], [12, 4]];

interface ChartKind {
  title: string;
  height: number;
  format: (value: number) => string;
  series: { of: keyof Columns; stepped: boolean; thin: boolean }[];
}

const KINDS: ChartKind[] = [
  {
    title: 'Offset: sent by the master (thin), acknowledged by the replica (thick)',
    height: 170,
    format: countText,
    series: [
      { of: 'sent', stepped: true, thin: true },
      { of: 'acked', stepped: true, thin: false },
    ],
  },
  {
    title: 'Lag in bytes: sent and not acknowledged, most and least of each step',
    height: 130,
    format: bytesText,
    series: [
      { of: 'hi', stepped: true, thin: false },
      { of: 'lo', stepped: true, thin: true },
    ],
  },
  {
    title:
      'Lag in time: age of the oldest byte not acknowledged (a sound replica acknowledges once a second)',
    height: 130,
    format: durationText,
    series: [{ of: 'age', stepped: false, thin: false }],
  },
];

/** Offsets and lag over time, on the axis of the lanes; and a table of what they are at the cursor. */
export class Charts {
  readonly element = h('div', { class: 'charts' });
  readonly #page: Page;
  /** Indexes of links that have a course, the ones with most lag first; and those of them that are drawn. */
  readonly #drawable: number[];
  readonly #drawn: Set<number>;
  readonly #values = new Map<number, HTMLElement[]>();
  #plots: uPlot[] = [];
  #x: number[] = [];
  #columns = new Map<number, Columns>();
  #pointed = false;

  constructor(page: Page) {
    this.#page = page;
    const { links } = page.model;
    const most = (course: CourseView | null): number =>
      course === null ? -1 : course.lagMax.reduce((a, b) => Math.max(a, b), 0);
    this.#drawable = links
      .map((_, index) => index)
      .filter((index) => links[index]!.course !== null)
      .sort((a, b) => most(links[b]!.course) - most(links[a]!.course));
    this.#drawn = new Set(this.#drawable.slice(0, MAX_DRAWN));
    this.#drawable.sort((a, b) => a - b);
    page.view.onSpan(() => this.#rescale());
    page.view.onCursor(() => this.#point());
  }

  get isEmpty(): boolean {
    return this.#drawable.length === 0;
  }

  /** Which links are drawn, with their values at the cursor. */
  table(): HTMLElement {
    const cells = (index: number): HTMLElement[] => {
      const made = [0, 1, 2, 3].map(() => h('td', { class: 'number' }, '–'));
      this.#values.set(index, made);
      return made;
    };
    return h(
      'div',
      { class: 'table-box' },
      h(
        'table',
        { class: 'values' },
        h(
          'caption',
          {},
          'Links in the charts, and their values at the cursor, or else at the end of what is shown',
        ),
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            ...['Link', 'Sent', 'Acknowledged', 'Lag', 'Lag in time'].map((name, i) =>
              h('th', { scope: 'col', class: i > 0 ? 'number' : null }, name),
            ),
          ),
        ),
        h('tbody', {}, ...this.#drawable.map((index) => h('tr', {}, this.#choice(index), ...cells(index)))),
      ),
    );
  }

  #choice(index: number): HTMLElement {
    const box = h('input', {
      type: 'checkbox',
      checked: this.#drawn.has(index),
      'data-link': index,
      change: () => {
        if (box.checked) this.#drawn.add(index);
        else this.#drawn.delete(index);
        this.draw();
      },
    });
    const canvas = h('canvas', {
      width: 26,
      height: 8,
      class: 'line',
      'aria-hidden': 'true',
      'data-link': index,
    });
    return h(
      'th',
      { scope: 'row' },
      h('label', {}, box, canvas, h('span', { class: 'mono' }, this.#page.model.links[index]!.name)),
    );
  }

  /** Makes all charts anew: other links, other colours, another width. */
  draw(): void {
    for (const plot of this.#plots) plot.destroy();
    const drawn = this.#drawable.filter((index) => this.#drawn.has(index));
    const { x, columns } = alignCourses(drawn.map((index) => this.#page.model.links[index]!.course));
    this.#x = x;
    this.#columns = new Map(drawn.map((index, i) => [index, columns[i]!]));
    const figures = KINDS.map((kind, i) =>
      h(
        'figure',
        { class: 'chart', 'data-chart': ['offset', 'bytes', 'time'][i]! },
        h('figcaption', {}, kind.title),
      ),
    );
    this.element.replaceChildren(...figures);
    this.#plots =
      x.length === 0 ? [] : KINDS.map((kind, i) => this.#plot(kind, figures[i]!, i === KINDS.length - 1));
    this.#swatches();
    this.#point();
  }

  resize(): void {
    const width = this.element.clientWidth;
    for (const plot of this.#plots)
      if (width > 0 && width !== plot.width) plot.setSize({ width, height: plot.height });
  }

  #style(index: number): { stroke: string; dash: number[] } {
    const place = this.#drawable.indexOf(index);
    return {
      stroke: styleValue(`--series-${(place % 6) + 1}`),
      dash: DASHES[Math.floor(place / 6) % DASHES.length]!,
    };
  }

  #plot(kind: ChartKind, target: HTMLElement, isLast: boolean): uPlot {
    const { view, model } = this.#page;
    const lines = [...this.#columns].flatMap(([index, columns]) =>
      kind.series.map((line) => ({ index, columns, ...line })),
    );
    const ink = styleValue('--muted');
    const grid = { stroke: styleValue('--grid'), width: 1 };
    const font = `11px ${styleValue('--sans')}`;
    const wholeAgain = (): null => {
      view.reset();
      return null;
    };
    const isBand = kind.series.some(({ of }) => of === 'lo');
    const options: uPlot.Options = {
      width: Math.max(200, this.element.clientWidth),
      height: kind.height + (isLast ? 22 : 6),
      padding: [6, RIGHT, isLast ? 0 : 6, 0],
      legend: { show: false },
      scales: {
        x: { time: false, range: () => [view.span.from, view.span.to] },
        y: { range: (_, min, max) => yRange(kind, min, max) },
      },
      axes: [
        {
          show: true,
          size: isLast ? 22 : 0,
          stroke: ink,
          font,
          grid,
          ticks: { ...grid, size: 3 },
          splits: (plot) => ticksOf(model, view.span, plot.width - LEFT - RIGHT).map(({ at }) => at),
          values: (plot) =>
            isLast ? ticksOf(model, view.span, plot.width - LEFT - RIGHT).map(({ label }) => label) : [],
        },
        {
          size: LEFT,
          stroke: ink,
          font,
          grid,
          ticks: { ...grid, size: 3 },
          values: (_, splits) => splits.map(kind.format),
          space: 34,
        },
      ],
      series: [{}, ...lines.map(({ index, stepped, thin }) => this.#line(index, stepped, thin))],
      ...(isBand
        ? {
            bands: lines.flatMap((line, i) =>
              line.of === 'hi'
                ? [
                    {
                      series: [i + 1, i + 2] as [number, number],
                      fill: `${this.#style(line.index).stroke}30`,
                    },
                  ]
                : [],
            ),
          }
        : {}),
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false, dist: 4 },
        bind: { dblclick: () => wholeAgain },
      },
      hooks: {
        setSelect: [(plot) => this.#selected(plot)],
        setCursor: [(plot) => this.#hovered(plot)],
      },
    };
    const data = [this.#x, ...lines.map(({ columns, of }) => columns[of])] as uPlot.AlignedData;
    const plot = new uPlot(options, data, target);
    plot.over.addEventListener('mouseleave', () => view.point(null));
    return plot;
  }

  #line(index: number, stepped: boolean, thin: boolean): uPlot.Series {
    const line: uPlot.Series = {
      ...this.#style(index),
      width: thin ? 1 : 2,
      points: { show: false },
    };
    if (stepped) line.paths = uPlot.paths.stepped!({ align: 1 });
    return line;
  }

  #selected(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 4) return;
    const from = plot.posToVal(left, 'x');
    const to = plot.posToVal(left + width, 'x');
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#page.view.show(from, to);
  }

  #hovered(plot: uPlot): void {
    if (this.#pointed) return;
    const { left } = plot.cursor;
    if (left === undefined || left < 0) return;
    this.#page.view.point(plot.posToVal(left, 'x'));
  }

  #rescale(): void {
    const { from, to } = this.#page.view.span;
    for (const plot of this.#plots) plot.setScale('x', { min: from, max: to });
    this.#point();
  }

  /** Shows the shared cursor in every chart, and the values at it. */
  #point(): void {
    const { cursor, span } = this.#page.view;
    this.#pointed = true;
    for (const plot of this.#plots) {
      const left = cursor === null ? -10 : plot.valToPos(cursor, 'x');
      if (Math.abs((plot.cursor.left ?? -10) - left) > 0.5)
        plot.setCursor({ left, top: cursor === null ? -10 : 5 }, false);
    }
    this.#pointed = false;
    const at = indexAt(this.#x, cursor ?? Math.min(span.to, this.#page.model.length));
    for (const [index, cells] of this.#values) {
      const columns = this.#columns.get(index);
      const text = (value: number | null | undefined, format: (value: number) => string): string =>
        value == null ? '–' : format(value);
      const values = [
        text(columns?.sent[at], countText),
        text(columns?.acked[at], countText),
        text(columns?.hi[at], bytesText),
        text(columns?.age[at], durationText),
      ];
      for (const [i, cell] of cells.entries()) cell.textContent = values[i]!;
    }
  }

  #swatches(): void {
    for (const canvas of this.#page.picture?.querySelectorAll<HTMLCanvasElement>('canvas.line') ?? []) {
      const { stroke, dash } = this.#style(Number(canvas.dataset.link));
      const context = canvas.getContext('2d')!;
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.strokeStyle = stroke;
      context.lineWidth = 3;
      context.setLineDash(dash);
      context.beginPath();
      context.moveTo(0, 4);
      context.lineTo(canvas.width, 4);
      context.stroke();
    }
  }
}

/** Lag begins at 0; offsets with a little air on both sides. */
function yRange(kind: ChartKind, min: number | null, max: number | null): [number, number] {
  if (min === null || max === null || !Number.isFinite(min)) return [0, 1];
  if (kind.series[0]!.of !== 'sent') return [0, Math.max(1, max * 1.08)];
  const air = Math.max(1, (max - min) * 0.06);
  return [Math.max(0, min - air), max + air];
}

/** `04:40:43.589 to 04:40:47.301`, for who cannot see the axis. */
export function spanWords(page: Page): string {
  const { span, length } = page.view;
  const from = Math.max(0, span.from);
  const to = Math.min(length, span.to);
  return `${clockOf(page.model, from)} to ${clockOf(page.model, to)}, ${durationText((to - from) / 1000)}`;
}
