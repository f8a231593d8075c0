import uPlot from 'uplot';
import { bytesText, countText, durationText } from '../../units.js';
import type { CourseView } from '../model.js';
import { LEFT, RIGHT, ticksOf } from './axis.js';
import { type ChartKind, DASHES, KINDS, WHOLE_STEPS, yRange } from './chart-kinds.js';
import { h, styleValue } from './dom.js';
import type { Page } from './page.js';
import { alignCourses, type Columns, indexAt } from './series.js';
import { VALUES, valuesTable } from './values-table.js';

/** Links drawn at once: more lines cannot be told apart. */
export const MAX_DRAWN = 6;

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
      const made = VALUES.map((name) => h('td', { class: 'number', 'data-name': name }, '–'));
      this.#values.set(index, made);
      return made;
    };
    return valuesTable(this.#drawable.map((index) => [this.#choice(index), ...cells(index)]));
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
          ...(kind.whole ? { incrs: WHOLE_STEPS } : {}),
          values: (_, splits) => kind.labels?.(splits) ?? splits.map(kind.format),
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
        drawClear: [(plot) => this.#moments(plot)],
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

  /** The lines of lanes.ts, behind the courses. */
  #moments(plot: uPlot): void {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = styleValue('--accent');
    ctx.lineWidth = uPlot.pxRatio;
    ctx.setLineDash([4 * uPlot.pxRatio, 3 * uPlot.pxRatio]);
    ctx.beginPath();
    for (const { at } of this.#page.model.moments) {
      const x = plot.valToPos(at, 'x', true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
    }
    ctx.stroke();
    ctx.restore();
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
        // The age of a step is its most: where all is acknowledged nothing waits any more.
        text(columns?.hi[at] === 0 ? 0 : columns?.age[at], durationText),
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
