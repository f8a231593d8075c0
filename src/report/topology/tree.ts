import type { Attachment, Topology, TopologyNode } from '../../analysis/topology/model.js';

/** A node of the tree with those that replicate from it. */
export interface Branch {
  node: TopologyNode;
  /** How it hangs on its master; null for a root. */
  attachment: Attachment | null;
  replicas: Branch[];
}

/** Nodes as trees, from the masters down, in the order in which they were seen. */
export function treesOf({ nodes, attachments }: Topology): Branch[] {
  const names = new Set(nodes.map(({ name }) => name));
  const below = new Map<string, TopologyNode[]>();
  for (const node of nodes) {
    if (node.master === null) continue;
    const siblings = below.get(node.master);
    if (siblings === undefined) below.set(node.master, [node]);
    else siblings.push(node);
  }
  const placed = new Set<string>();
  const grow = (node: TopologyNode): Branch => {
    placed.add(node.name);
    const replicas: Branch[] = [];
    // One after the other: a circle of replicas must not be gone round.
    for (const each of nodes)
      if (each.master === node.name && !placed.has(each.name)) replicas.push(grow(each));
    return { node, attachment: currentOf(node, attachments), replicas };
  };
  const roots = nodes.filter(({ master }) => master === null || !names.has(master)).map(grow);
  // Replicas of each other: one of them stands for a root.
  for (const node of nodes) if (!placed.has(node.name)) roots.push(grow(node));
  return roots;
}

/** The attachment that a node has at the end; null where it is a master. */
export function currentOf(
  { name, master }: TopologyNode,
  attachments: readonly Attachment[],
): Attachment | null {
  return master === null ? null : (attachments.findLast(({ replica }) => replica === name) ?? null);
}
