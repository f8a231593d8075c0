import type { MarkView, PhaseKind, ReportModel } from '../model.js';
import { h, s } from './dom.js';

/** Phases, in the order of a sync. */
export const PHASE_NAMES: Record<PhaseKind, string> = {
  handshake: 'handshake',
  waiting: 'waiting for the snapshot',
  payload: 'payload',
  loading: 'loading, until the first ACK',
  online: 'online',
  refused: 'refused',
  silent: 'connected, no request',
};

/** What stands in a mark. */
export const LETTERS: Record<MarkView['kind'] | 'finding', string> = {
  full: 'F',
  partial: 'P',
  refused: '×',
  closed: '|',
  reset: '⤫',
  finding: '!',
};

/** What the bars and marks mean. */
export function legend({ links }: ReportModel): HTMLElement {
  const phases = new Set(
    links.flatMap(({ sessions }) => sessions.flatMap((session) => session.phases.map(({ kind }) => kind))),
  );
  const marks = new Set(
    links.flatMap(({ sessions }) => sessions.flatMap((session) => session.marks.map(({ kind }) => kind))),
  );
  const swatch = (kind: PhaseKind): SVGElement =>
    s(
      'svg',
      { width: 22, height: 12, 'aria-hidden': 'true' },
      s('rect', { width: 22, height: 12, class: `phase ${kind}` }),
      kind === 'waiting' || kind === 'loading' || kind === 'refused'
        ? s('rect', { width: 22, height: 12, fill: `url(#texture-${kind})` })
        : null,
    );
  const names: Record<MarkView['kind'], string> = {
    full: 'full sync granted',
    partial: 'partial resync granted',
    refused: 'refused',
    closed: 'closed',
    reset: 'reset',
  };
  return h(
    'ul',
    { class: 'legend', 'aria-label': 'What the bars and marks mean' },
    ...(Object.keys(PHASE_NAMES) as PhaseKind[])
      .filter((kind) => phases.has(kind))
      .map((kind) => h('li', {}, swatch(kind), PHASE_NAMES[kind])),
    ...(Object.keys(names) as MarkView['kind'][])
      .filter((kind) => marks.has(kind))
      .map((kind) =>
        h(
          'li',
          {},
          h('span', { class: `letter ${kind}`, 'aria-hidden': 'true' }, LETTERS[kind]),
          names[kind],
        ),
      ),
  );
}

/** Textures of phases, so that these differ by more than colour. */
export function textures(): SVGSVGElement {
  const pattern = (kind: string, size: number, ...shapes: SVGElement[]): SVGElement =>
    s(
      'pattern',
      { id: `texture-${kind}`, width: size, height: size, patternUnits: 'userSpaceOnUse' },
      ...shapes,
    );
  return s(
    'svg',
    { class: 'textures', width: 0, height: 0, 'aria-hidden': 'true' },
    s(
      'defs',
      {},
      pattern('waiting', 7, s('path', { d: 'M-1,8 L8,-1 M-1,1 L1,-1 M6,8 L8,6', class: 'ink' })),
      pattern('loading', 6, s('circle', { cx: 3, cy: 3, r: 1.1, class: 'ink dot' })),
      pattern('refused', 8, s('path', { d: 'M0,0 L8,8 M8,0 L0,8', class: 'ink' })),
    ),
  );
}
