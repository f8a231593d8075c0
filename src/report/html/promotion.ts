import type { Change, Topology } from '../../analysis/topology/model.js';
import type { SummaryDocument } from '../document.js';
import { worstFirst } from '../findings/severity.js';
import { nameText } from '../topology/node-text.js';
import type { Axis } from './axis.js';
import { MAX_MOMENTS } from './limits.js';
import type { MomentView } from './model.js';

export type Promotion = Extract<Change, { kind: 'promoted' }>;

/** A change by which a node replicates from a promoted one. */
export type Follower = Extract<Change, { kind: 'attached' | 'moved' }>;

/** Who has followed a promoted node since, in order of time. */
export function followersOf({ node, at }: Promotion, { changes }: Topology): Follower[] {
  return changes.filter(
    (change): change is Follower =>
      (change.kind === 'attached' || change.kind === 'moved') && change.master === node && change.at >= at,
  );
}

/** It came by a full sync. */
export function cameFully({ sync }: Follower): boolean {
  return (
    sync !== null && sync.decision !== 'CONTINUE' && sync.decision !== null && sync.decision !== 'REFUSED'
  );
}

/** The promotion that a report leads with: the first one, where no finding tells of something else that is wrong. */
export function leadingPromotion({ findings }: SummaryDocument, { changes }: Topology): Promotion | null {
  const worst = worstFirst(findings)[0];
  if (worst !== undefined && worst.severity !== 'info' && worst.code !== 'failover-cost') return null;
  return changes.find((change) => change.kind === 'promoted') ?? null;
}

/** Changes of masters, as the picture marks them. */
export function momentsOf({ changes }: Topology, axis: Axis): MomentView[] {
  return changes
    .filter(({ kind }) => kind === 'promoted')
    .slice(0, MAX_MOMENTS)
    .map(({ at, node }) => ({ at: axis.micros(at), text: `${nameText(node)} promoted` }));
}
