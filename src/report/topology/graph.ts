import type { Topology } from '../../analysis/topology/model.js';
import type { Zone } from '../time.js';
import { clockText } from '../time.js';
import { lagText, nameText, positionText, roleText, stateText } from './node-text.js';
import { currentAttachments } from './tree.js';

/** What both graph languages draw. Texts are safe to print, and not yet escaped for the language. */
interface Graph {
  /** Lines of each box. */
  nodes: string[][];
  /** By index of the nodes; a past attachment is drawn apart. */
  edges: { from: number; to: number; label: string[]; past: boolean }[];
}

function graphOf(topology: Topology, zone: Zone): Graph {
  const { nodes, attachments, at } = topology;
  const index = new Map(nodes.map(({ name }, i) => [name, i]));
  const current = new Set(currentAttachments(topology).values());
  const served = new Set(nodes.map(({ master }) => master));
  return {
    nodes: nodes.map((node) =>
      [nameText(node.name), roleText(node, served.has(node.name)), positionText(node)].filter(
        (line) => line !== '',
      ),
    ),
    edges: attachments.map((attachment) => {
      const past = !current.has(attachment);
      const until =
        attachment.until === null
          ? ''
          : ` until ${clockText(attachment.until, { zone, decimals: 3, withDate: false })}`;
      const label = past ? [`replica${until}`] : [stateText(attachment, at), lagText(attachment)];
      return {
        from: index.get(attachment.master)!,
        to: index.get(attachment.replica)!,
        label: label.filter((line) => line !== ''),
        past,
      };
    }),
  };
}

/** Characters that mean nothing in a quoted label of Mermaid; all others are written as entities. */
const MERMAID_PLAIN = /[^A-Za-z0-9 .,:_-]/gu;

/** A text within the quotes of a Mermaid label: `#34;` is a quotation mark there. */
export function mermaidText(text: string): string {
  return text.replace(MERMAID_PLAIN, (char) => `#${char.codePointAt(0)};`);
}

/** A Mermaid flowchart, as GitHub and others draw it in Markdown. Dotted arrows are of the past. */
export function topologyMermaid(topology: Topology, zone: Zone): string {
  const { nodes, edges } = graphOf(topology, zone);
  const label = (lines: readonly string[]): string => `"${lines.map(mermaidText).join('<br/>')}"`;
  return [
    'flowchart TD',
    ...nodes.map((lines, i) => `  n${i}[${label(lines)}]`),
    ...edges.map((edge) => `  n${edge.from} ${edge.past ? '-.->' : '-->'}|${label(edge.label)}| n${edge.to}`),
  ].join('\n');
}

/** A text within the quotes of a DOT string. */
export function dotText(text: string): string {
  return text.replace(/[\\"]/g, (char) => `\\${char}`);
}

/** A DOT graph for Graphviz. Dashed arrows are of the past. */
export function topologyDot(topology: Topology, zone: Zone): string {
  const { nodes, edges } = graphOf(topology, zone);
  const label = (lines: readonly string[]): string => `label="${lines.map(dotText).join('\\n')}"`;
  return [
    'digraph replication {',
    '  node [shape=box, fontname="monospace"];',
    ...nodes.map((lines, i) => `  n${i} [${label(lines)}];`),
    ...edges.map(
      (edge) => `  n${edge.from} -> n${edge.to} [${label(edge.label)}${edge.past ? ', style=dashed' : ''}];`,
    ),
    '}',
  ].join('\n');
}
