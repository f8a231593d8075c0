import type { Attachment, Change, Topology, TopologyNode } from '../../analysis/topology/model.js';
import { clockText, type Zone } from '../time.js';
import { lagText, nameText, positionText, serverParts, stateText } from '../topology/node-text.js';
import { bytesText, countText, durationText } from '../units.js';
import { MAX_NODES } from './limits.js';
import type { RowTone, TopologyNodeView, TopologyView } from './model.js';

/** Changes after which the drawing is another one. */
const TURNS: ReadonlySet<Change['kind']> = new Set(['moved', 'promoted', 'left']);

/** Replicas of one master, of which there is nothing to say, that have a box each; and names in the box of more. */
const MOST_ALIKE = 8;
const NAMES_OF_MANY = 3;

/** Writes a packet time (µs). */
type ClockText = (micros: number) => string;

/** Who replicated from whom at the end, and before the first turn where there was one. */
export function topologyViews(topology: Topology, zone: Zone, withDate: boolean): TopologyView[] {
  const { at } = topology;
  if (at === null || topology.nodes.length === 0) return [];
  const clockOf: ClockText = (micros) => clockText(micros, { zone, decimals: 3, withDate });
  const end: TopologyView = {
    title: `At the end, ${clockOf(at)}`,
    nodes: nodesAt(topology, at, { isEnd: true, clockOf }),
  };
  const turn = topology.changes.find(
    ({ kind, ...change }) => TURNS.has(kind) || ('wasMaster' in change && change.wasMaster === true),
  );
  if (turn === undefined) return [end];
  const time = turn.at - 1;
  const before = nodesAt(topology, time, { isEnd: false, clockOf });
  if (before.length === 0) return [end];
  const name = turn.kind === 'promoted' ? 'the change of masters at ' : '';
  return [{ title: `Before ${name}${clockOf(turn.at)}`, nodes: before }, end];
}

/** Servers that were attached, or served others, at `time` (µs); at the end also those that are by themselves. */
function nodesAt(
  topology: Topology,
  time: number,
  { isEnd, clockOf }: { isEnd: boolean; clockOf: ClockText },
): TopologyNodeView[] {
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
  const placed = new Set<string>();
  const place = (name: string, parent: number | null): void => {
    const node = byName.get(name);
    if (node === undefined || placed.has(name)) return;
    placed.add(name);
    const index = nodes.length;
    const own = parent === null ? null : (current.get(name) ?? null);
    nodes.push({
      name: nameText(name),
      role: own === null ? 'master' : served.has(name) ? 'replica and master' : 'replica',
      parent,
      ...stateOf(own, served.has(name), topology.at, isEnd),
      lines: [
        isEnd ? cameText(node, clockOf) : goesText(node, time, clockOf),
        isEnd ? positionText(node) : '',
        ...serverParts(node),
      ].filter((line) => line !== ''),
    });
    const attached = [...current.values()].filter(({ master }) => master === name);
    const alike = attached.filter((each) => isPlain(each, byName.get(each.replica), served, isEnd));
    const together = alike.length > MOST_ALIKE ? new Set(alike) : new Set<Attachment>();
    for (const each of attached) if (!together.has(each)) place(each.replica, index);
    if (together.size === 0) return;
    nodes.push(manyReplicas(alike, index, isEnd));
    for (const { replica } of together) placed.add(replica);
  };
  for (const { name } of topology.nodes) {
    const isRoot = !current.has(name) || !byName.has(current.get(name)!.master);
    if (isRoot && (isEnd || served.has(name))) place(name, null);
  }
  // Replicas of each other have no root: one of them stands for it.
  for (const name of current.keys()) place(name, null);
  return nodes.slice(0, MAX_NODES);
}

/** A replica of which there is nothing to say but that it works. */
function isPlain(
  { replica, state }: Attachment,
  node: TopologyNode | undefined,
  served: ReadonlySet<string>,
  isEnd: boolean,
): boolean {
  return !served.has(replica) && (!isEnd || state === 'online') && (node?.roles.length ?? 0) < 2;
}

/** Replicas of one master as one box. */
function manyReplicas(alike: readonly Attachment[], parent: number, isEnd: boolean): TopologyNodeView {
  const lag = alike.reduce((most, { lagBytes }) => Math.max(most, lagBytes ?? 0), 0);
  const names = alike.map(({ replica }) => nameText(replica));
  return {
    name: `${countText(alike.length)} replicas`,
    role: '',
    parent,
    state: isEnd ? `online, lag ${bytesText(lag)} at most` : 'attached',
    tone: 'good',
    lines: [
      ...names.slice(0, NAMES_OF_MANY),
      `and ${countText(names.length - NAMES_OF_MANY)} more, all under Links`,
    ],
  };
}

/** Since when a node is what it is, where it was something else before. */
function cameText({ roles }: TopologyNode, clockOf: ClockText): string {
  const [last, before] = [roles.at(-1), roles.at(-2)];
  if (last === undefined || before === undefined) return '';
  return last.role === 'master' ? `took over at ${clockOf(last.at)}` : `master until ${clockOf(last.at)}`;
}

/** What a node is to become. */
function goesText({ roles }: TopologyNode, time: number, clockOf: ClockText): string {
  const next = roles.find(({ at }) => at > time);
  if (next === undefined || next === roles[0]) return '';
  return next.role === 'master' ? `takes over at ${clockOf(next.at)}` : `replica from ${clockOf(next.at)} on`;
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
