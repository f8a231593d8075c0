import type { Change } from '../../analysis/topology/model.js';
import type { Sync } from '../../replication/model.js';
import { causeText, decisionText } from '../causes.js';
import { countText } from '../units.js';
import { shortId } from '../why-text.js';
import { nameText } from './node-text.js';

/** A change in one sentence. Safe to print. */
export function changeText(change: Change): string {
  const node = nameText(change.node);
  switch (change.kind) {
    case 'attached': {
      const was = change.wasMaster ? ', a master until then,' : '';
      return `${node}${was} attached to ${nameText(change.master)}${syncText(change.sync)}`;
    }
    case 'moved':
      return `${node} moved from ${nameText(change.before)} to ${nameText(change.master)}${syncText(change.sync)}`;
    case 'left': {
      const by = change.by === null ? '' : ` (closed by the ${change.by})`;
      return `${node} lost its link to ${nameText(change.master)}${by} and did not come back`;
    }
    case 'promoted': {
      const { of, id, from, to, kind, confirmed } = change.succession;
      const at =
        to === from
          ? countText(from)
          : to === null
            ? `${countText(from)} or later`
            : `${countText(from)} to ${countText(to)}`;
      const how = kind === 'failover-command' ? ' by FAILOVER' : '';
      const sure = confirmed ? '' : ' (nobody has continued under it yet)';
      return `${node} promoted${how}: the histories part at ${at}, ${shortId(of)} goes on as ${shortId(id)}${sure}`;
    }
    case 'new-history':
      return `${node} began a new history, ${shortId(change.replid)} after ${shortId(change.before)}: ${causeText(change.sync)}`;
  }
}

function syncText(sync: Sync | null): string {
  if (sync === null) return ', which gave it nothing';
  // Of a new id the line of the promotion tells.
  const why = sync.decision === 'CONTINUE' && sync.cause !== 'continued' ? '' : causeText(sync);
  return `: ${decisionText(sync)}${why === '' ? '' : `, ${why}`}`;
}
