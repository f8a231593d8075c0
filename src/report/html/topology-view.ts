import type { Attachment, Change, Topology } from '../../analysis/topology/model.js';
import { clockText, type Zone } from '../time.js';
import { lagText, nameText, positionText, serverParts, stateText } from '../topology/node-text.js';
import { durationText } from '../units.js';
import { MAX_NODES } from './limits.js';
import type { RowTone, TopologyNodeView, TopologyView } from './model.js';

/** Changes after which the drawing is another one. */
const TURNS: ReadonlySet<Change['kind']> = new Set(['moved', 'promoted', 'left']);

/** Who replicated from whom at the end, and before the first turn where there was one. */
export function topologyViews(topology: Topology, zone: Zone, withDate: boolean): TopologyView[] {
  const { at } = topology;
  if (at === null || topology.nodes.length === 0) return [];
  const end: TopologyView = { title: 'At the end', nodes: nodesAt(topology, at, true) };
  const turn = topology.changes.find(
    ({ kind, ...change }) => TURNS.has(kind) || ('wasMaster' in change && change.wasMaster === true),
  );
  if (turn === undefined) return [end];
  const time = turn.at - 1;
  const before = nodesAt(topology, time, false);
  if (before.length === 0) return [end];
  const clock = clockText(turn.at, { zone, decimals: 3, withDate });
  return [{ title: `Before ${clock}`, nodes: before }, end];
}

/** Servers that were attached, or served others, at `time` (µs); at the end also those that are by themselves. */
function nodesAt(topology: Topology, time: number, isEnd: boolean): TopologyNodeView[] {
  const current = new Map<string, Attachment>();
  for (const attachment of topology.attachments) {
    const { from, until, replica } = attachment;
    const isOn = from <= time && (until === null || until > time);
    if (
      isOn ||
      (isEnd && topology.nodes.some((node) => node.name === replica && node.master === attachment.master))
    )
      current.set(replica, attachment);
  }
  const served = new Set([...current.values()].map(({ master }) => master));
  const byName = new Map(topology.nodes.map((node) => [node.name, node]));
  const nodes: TopologyNodeView[] = [];
  const place = (name: string, parent: number | null): void => {
    const node = byName.get(name);
    if (node === undefined || nodes.some((each) => each.name === nameText(name))) return;
    const index = nodes.length;
    const own = parent === null ? null : (current.get(name) ?? null);
    nodes.push({
      name: nameText(name),
      role: own === null ? 'master' : served.has(name) ? 'replica and master' : 'replica',
      parent,
      ...stateOf(own, served.has(name), topology.at, isEnd),
      lines: isEnd
        ? [positionText(node), ...serverParts(node)].filter((line) => line !== '')
        : serverParts(node),
    });
    for (const [replica, { master }] of current) if (master === name) place(replica, index);
  };
  for (const { name } of topology.nodes) {
    const isRoot = !current.has(name) || !byName.has(current.get(name)!.master);
    if (isRoot && (isEnd || served.has(name))) place(name, null);
  }
  // Replicas of each other have no root: one of them stands for it.
  for (const name of current.keys()) place(name, null);
  return nodes.slice(0, MAX_NODES);
}

function stateOf(
  own: Attachment | null,
  serves: boolean,
  at: number | null,
  isEnd: boolean,
): { state: string; tone: RowTone } {
  if (own === null)
    return serves ? { state: '', tone: null } : { state: 'no replicas any more', tone: 'warn' };
  if (!isEnd) {
    const lasted = own.until === null ? null : (own.until - own.from) / 1000;
    return { state: lasted === null ? 'attached' : `attached for ${durationText(lasted)}`, tone: 'good' };
  }
  const lag = lagText(own);
  const tone =
    own.state === 'online' ? 'good' : own.state === 'down' || own.state === 'refused' ? 'bad' : 'warn';
  return { state: [stateText(own, at), lag].filter(Boolean).join(', '), tone };
}
