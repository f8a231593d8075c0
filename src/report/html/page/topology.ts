import type { TopologyNodeView, TopologyView } from '../model.js';
import { h, s } from './dom.js';
import { type Page, section } from './page.js';

const WIDEST_BOX = 230;
const NARROWEST_BOX = 168;
const LINE = 17;
const PAD = 9;
const GAP_Y = 14;
const GAP_X = 36;
/** Where there is no room for columns, replicas stand below their master, so far to the right. */
const INDENT = 26;
/** Levels beyond it are not moved to the right any more. */
const DEEPEST = 5;
/** Width of a character, px: of a name, and of other text at most. */
const NAME_CHARACTER = 7.6;
const CHARACTER = 6.2;

interface Placed {
  node: TopologyNodeView;
  x: number;
  y: number;
  height: number;
}

/** Who replicates from whom: drawn, and as nested words for who cannot see it. */
export function topology({ model }: Page): HTMLElement | null {
  if (model.topology.length === 0) return null;
  const figures = model.topology.map((view) => {
    const drawing = h('div', { class: 'drawing' });
    let drawn = 0;
    const redraw = (): void => {
      const width = drawing.clientWidth;
      if (width === 0 || width === drawn) return;
      drawn = width;
      drawing.replaceChildren(draw(view, width));
    };
    new ResizeObserver(redraw).observe(drawing);
    return h('figure', {}, h('figcaption', {}, view.title), drawing);
  });
  return section('topology', 'Who replicates from whom', h('div', { class: 'figures' }, ...figures));
}

function draw(view: TopologyView, width: number): SVGSVGElement {
  const depths: number[] = [];
  for (const { parent } of view.nodes) depths.push(parent === null ? 0 : (depths[parent] ?? 0) + 1);
  const deepest = Math.max(...depths);
  const column = Math.min(WIDEST_BOX, (width - 2 - deepest * GAP_X) / (deepest + 1));
  const isWide = column >= NARROWEST_BOX;
  const boxWidth = isWide ? column : Math.min(WIDEST_BOX, width - Math.min(deepest, DEEPEST) * INDENT - 2);
  const placed = isWide ? inColumns(view, depths, boxWidth) : indented(view, depths, boxWidth);
  const height = Math.max(...placed.map((each) => each.y + each.height)) + 2;
  const right = Math.max(...placed.map(({ x }) => x)) + boxWidth + 2;
  return s(
    'svg',
    {
      viewBox: `-1 -1 ${right} ${height}`,
      width: right,
      height,
      role: 'img',
      'aria-label': `${view.title}: ${view.nodes.map((node) => wordsOf(node, view)).join('; ')}`,
    },
    ...placed.map((each) => connector(each, placed, isWide, boxWidth)),
    ...placed.map((each) => box(each, boxWidth)),
  );
}

function wordsOf({ name, role, state, parent, lines }: TopologyNodeView, { nodes }: TopologyView): string {
  const of = parent === null ? '' : `of ${nodes[parent]!.name}`;
  return [[name, role, of].filter(Boolean).join(' '), state, ...lines].filter(Boolean).join(', ');
}

/** Lines below the name; role and state share one where they fit. */
function linesOf({ role, state, lines }: TopologyNodeView, boxWidth: number): string[] {
  const one = [role, state].filter(Boolean).join(' · ');
  const fits = one.length * CHARACTER <= boxWidth - 2 * PAD;
  return [...(fits || state === '' ? [one] : [role, state]), ...lines];
}

function heightOf(node: TopologyNodeView, boxWidth: number): number {
  return PAD * 2 + LINE * (1 + linesOf(node, boxWidth).length) - 4;
}

/** Master on the left, its replicas to the right of it, the first one on its level. */
function inColumns(view: TopologyView, depths: readonly number[], boxWidth: number): Placed[] {
  const placed: Placed[] = [];
  let bottom = 0;
  for (const [index, node] of view.nodes.entries()) {
    const parent = node.parent === null ? null : placed[node.parent]!;
    const isFirst =
      parent !== null && !view.nodes.slice(0, index).some((each) => each.parent === node.parent);
    const y = isFirst ? parent.y : bottom;
    const height = heightOf(node, boxWidth);
    placed.push({ node, x: depths[index]! * (boxWidth + GAP_X), y, height });
    bottom = Math.max(bottom, y + height + GAP_Y);
  }
  return placed;
}

function indented(view: TopologyView, depths: readonly number[], boxWidth: number): Placed[] {
  let y = 0;
  return view.nodes.map((node, index) => {
    const height = heightOf(node, boxWidth);
    const placed = { node, x: Math.min(depths[index]!, DEEPEST) * INDENT, y, height };
    y += height + GAP_Y;
    return placed;
  });
}

function connector(
  { node, x, y, height }: Placed,
  placed: readonly Placed[],
  isWide: boolean,
  boxWidth: number,
): SVGElement {
  if (node.parent === null) return s('g');
  const parent = placed[node.parent]!;
  const end = y + Math.min(height, 40) / 2;
  const start = parent.y + Math.min(parent.height, 40) / 2;
  const path = isWide
    ? `M${parent.x + boxWidth},${start} h${GAP_X / 2} V${end} H${x - 7}`
    : `M${parent.x + INDENT / 2},${parent.y + parent.height} V${end} H${x - 7}`;
  return s(
    'g',
    { class: `edge ${node.tone ?? ''}` },
    s('path', { d: path }),
    s('path', { d: `M${x - 1},${end} l-7,-4 v8 z`, class: 'head' }),
  );
}

function box({ node, x, y, height }: Placed, width: number): SVGElement {
  const lines = linesOf(node, width);
  const text = (line: string, row: number, name: string): SVGElement => {
    const room = Math.floor((width - 2 * PAD) / (name === 'name' ? NAME_CHARACTER : CHARACTER));
    const shown = line.length > room ? `${line.slice(0, room - 1)}…` : line;
    return s('text', { x: x + PAD, y: y + PAD + LINE * row + 9, class: name }, shown);
  };
  return s(
    'g',
    { class: `node ${node.parent === null ? 'root' : ''} ${node.tone ?? ''}` },
    s('title', {}, [node.name, ...lines].join('\n')),
    s('rect', { x, y, width, height, rx: 6 }),
    text(node.name, 0, 'name'),
    ...lines.map((line, row) => text(line, row + 1, row === 0 ? 'state' : 'line')),
  );
}
