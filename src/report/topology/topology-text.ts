import type { HistoryFacts, Topology } from '../../analysis/topology/model.js';
import { toAscii } from '../ascii.js';
import { flow, type Part, renderLine } from '../layout.js';
import type { TextOptions } from '../options.js';
import { clockText, dayText } from '../time.js';
import { countText, plural } from '../units.js';
import { shortId } from '../why-text.js';
import { displayWidth } from '../width.js';
import { changeText } from './change-text.js';
import { lagText, nameText, positionText, serverParts, stateText } from './node-text.js';
import { comparedText, differenceText } from './sibling-text.js';
import { type Branch, treesOf } from './tree.js';

/** Levels that are indented: a chain of any length keeps to the width. */
const MAX_INDENTED = 8;

/** Changes and histories shown; the rest is in --json. */
const MAX_SHOWN = 200;

/** A branch yet to be written. */
interface Hanging {
  branch: Branch;
  indent: string;
  isLast: boolean;
  level: number;
}

/** Branches as a stack: the first one is taken first. */
function hangingOn(branches: readonly Branch[], indent: string, level: number): Hanging[] {
  const last = branches.length - 1;
  return branches.map((branch, i) => ({ branch, indent, isLast: i === last, level })).reverse();
}

class TopologyWriter {
  readonly lines: string[] = [];
  readonly #withDate: boolean;
  /** Of each history the first node that is a master of it at the end. */
  readonly #firstMasters = new Map<string, string>();

  constructor(
    readonly topology: Topology,
    readonly options: TextOptions,
  ) {
    const { at, changes, nodes } = topology;
    for (const { name, master, replid } of nodes)
      if (master === null && replid !== null && !this.#firstMasters.has(replid))
        this.#firstMasters.set(replid, name);
    const first = changes[0]?.at ?? at;
    this.#withDate =
      at !== null && first !== null && dayText(first, options.zone) !== dayText(at, options.zone);
  }

  #clock(micros: number): string {
    return clockText(micros, { zone: this.options.zone, decimals: 3, withDate: this.#withDate });
  }

  /** Parts on as many lines as they take, the first with `lead`, further ones with `rest` before them. */
  #rows(lead: string, rest: string, parts: Part[]): void {
    const { width, chalk } = this.options;
    flow(parts, Math.max(20, width - Math.max(displayWidth(lead), displayWidth(rest)))).forEach(
      (row, index) => {
        const stem: Part = { text: index === 0 ? lead : rest, paint: chalk.dim };
        this.lines.push(renderLine([stem, ...row], width));
      },
    );
  }

  head(): void {
    const { at, nodes } = this.topology;
    const { chalk, zone } = this.options;
    const when = at === null ? '' : ` as of ${clockText(at, { zone, decimals: 3, withDate: true })}`;
    this.lines.push(chalk.bold(`${plural(nodes.length, 'server')}${when}`));
  }

  root(branch: Branch): void {
    const { chalk } = this.options;
    const { node, replicas } = branch;
    const parts: Part[] = [{ text: nameText(node.name), paint: chalk.bold }];
    const role = node.master === null ? 'master' : `replica of ${nameText(node.master)}, in a circle`;
    parts.push({ text: role, before: '   ' }, ...this.#facts(branch));
    const twin = this.#twinOf(branch);
    if (twin !== null)
      parts.push({
        text: `same history as ${nameText(twin)}: another address of it, or its replica by a link not captured`,
      });
    if (replicas.length === 0) parts.push({ text: 'no replicas any more', paint: chalk.yellow });
    this.#rows('', '  ', parts);
    this.#branches(replicas);
  }

  /** A master seen before this one that holds the same history, without either having attached to the other. */
  #twinOf({ node }: Branch): string | null {
    const first = node.replid === null ? undefined : this.#firstMasters.get(node.replid);
    return first === undefined || first === node.name ? null : first;
  }

  /** Branches and all that hang on them, depth first. */
  #branches(roots: readonly Branch[]): void {
    const open: Hanging[] = hangingOn(roots, '', 1);
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { branch, indent, isLast, level } = next;
      const deeper = `${indent}${isLast ? '   ' : '│  '}`;
      const below = branch.replicas.length > 0 ? `${deeper}│  ` : `${deeper}   `;
      this.#rows(`${indent}${isLast ? '└─ ' : '├─ '}`, below, this.#branchParts(branch));
      for (const each of hangingOn(branch.replicas, level < MAX_INDENTED ? deeper : indent, level + 1))
        open.push(each);
    }
  }

  #branchParts(branch: Branch): Part[] {
    const { node, attachment } = branch;
    const { bold, green, red, yellow } = this.options.chalk;
    const parts: Part[] = [{ text: nameText(node.name), paint: bold }];
    if (attachment !== null) {
      const { state } = attachment;
      const paint = state === 'online' ? green : state === 'down' || state === 'refused' ? red : yellow;
      parts.push({ text: stateText(attachment, this.topology.at), paint, before: '   ' });
      const lag = lagText(attachment);
      if (lag !== '') parts.push({ text: lag });
    }
    return [...parts, ...this.#facts(branch)];
  }

  #facts({ node }: Branch): Part[] {
    const position = positionText(node);
    return [...(position === '' ? [] : [position]), ...serverParts(node)].map((text) => ({ text }));
  }

  histories(): void {
    const { histories } = this.topology;
    if (histories.length === 0) return;
    this.lines.push('', this.options.chalk.bold('histories'));
    for (const history of histories.slice(-MAX_SHOWN)) this.#rows('  ', '    ', historyParts(history));
  }

  siblings(): void {
    const { siblings } = this.topology;
    if (siblings.length === 0) return;
    this.lines.push('', this.options.chalk.bold('same history, same bytes?'));
    const replids = [...new Set(siblings.map(({ replid }) => replid))];
    for (const replid of replids.slice(-MAX_SHOWN)) {
      const pairs = siblings.filter((pair) => pair.replid === replid);
      this.#rows('  ', '    ', [{ text: comparedText(replid, pairs) }]);
      for (const pair of pairs.filter(({ first }) => first !== null).slice(0, MAX_SHOWN)) {
        const text = differenceText(pair, (micros) => this.#clock(micros));
        this.#rows('    ', '      ', [{ text, paint: this.options.chalk.red }]);
      }
    }
  }

  changes(): void {
    const { changes } = this.topology;
    if (changes.length === 0) return;
    this.lines.push('', this.options.chalk.bold('changes'));
    const left = changes.length - MAX_SHOWN;
    if (left > 0) this.lines.push(`  … ${plural(left, 'earlier change')} not shown (--json has them)`);
    for (const change of changes.slice(-MAX_SHOWN)) {
      const lead = `  ${this.#clock(change.at)}  `;
      this.#rows(lead, ' '.repeat(lead.length), [
        { text: changeText(change, (micros) => this.#clock(micros)) },
      ]);
    }
  }
}

/** `e0f505d5…   of 127.0.0.1:19061   up to 20,087   from 9b199782…, parted at 6,707` */
function historyParts({ replid, masters, highestOffset, from }: HistoryFacts): Part[] {
  const shown = masters.slice(0, 4).map(nameText).join(', ');
  const more = masters.length > 4 ? `, and ${masters.length - 4} more` : '';
  const parts: Part[] = [{ text: shortId(replid) }, { text: `of ${shown}${more}`, before: '   ' }];
  if (highestOffset !== null) parts.push({ text: `up to ${countText(highestOffset)}` });
  if (from !== null) {
    const at = from.to === from.from ? countText(from.from) : `${countText(from.from)} or later`;
    parts.push({ text: `came out of ${shortId(from.of)} at ${at}` });
  }
  return parts;
}

/** Trees, histories and changes of a capture. Ends without a newline. */
export function topologyText(topology: Topology, options: TextOptions): string {
  const writer = new TopologyWriter(topology, options);
  writer.head();
  for (const branch of treesOf(topology)) {
    writer.lines.push('');
    writer.root(branch);
  }
  writer.histories();
  writer.siblings();
  writer.changes();
  const text = writer.lines.join('\n');
  return options.ascii ? toAscii(text) : text;
}
