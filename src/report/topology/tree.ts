import type { Attachment, Topology, TopologyNode } from '../../analysis/topology/model.js';

/** A node of the tree with those that replicate from it. */
export interface Branch {
  node: TopologyNode;
  /** How it hangs on its master; null for a root. */
  attachment: Attachment | null;
  replicas: Branch[];
}

/** Nodes as trees, from the masters down, in the order in which they were seen. Chains may be as long as there are nodes. */
export function treesOf(topology: Topology): Branch[] {
  const { nodes } = topology;
  const attached = currentAttachments(topology);
  const names = new Set(nodes.map(({ name }) => name));
  const below = new Map<string, TopologyNode[]>();
  for (const node of nodes) {
    if (node.master === null) continue;
    const siblings = below.get(node.master);
    if (siblings === undefined) below.set(node.master, [node]);
    else siblings.push(node);
  }
  const placed = new Set<string>();
  const place = (node: TopologyNode): Branch => {
    placed.add(node.name);
    return { node, attachment: attached.get(node.name) ?? null, replicas: [] };
  };
  const grow = (node: TopologyNode): Branch => {
    const root = place(node);
    const open = [root];
    for (let branch = open.pop(); branch !== undefined; branch = open.pop())
      for (const each of below.get(branch.node.name) ?? []) {
        if (placed.has(each.name)) continue; // a circle of replicas must not be gone round
        const replica = place(each);
        branch.replicas.push(replica);
        open.push(replica);
      }
    return root;
  };
  const roots = nodes.filter(({ master }) => master === null || !names.has(master)).map(grow);
  // Replicas of each other: one of them stands for a root.
  for (const node of nodes) if (!placed.has(node.name)) roots.push(grow(node));
  return roots;
}

/** The attachment that each replica has at the end, by its name; masters have none. */
export function currentAttachments({ nodes, attachments }: Topology): Map<string, Attachment> {
  const latest = new Map(attachments.map((attachment) => [attachment.replica, attachment]));
  for (const { name, master } of nodes) if (master === null) latest.delete(name);
  return latest;
}
