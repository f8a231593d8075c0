import type { LinkDocument } from '../report/document.js';

/** Gives the command that shows more of a link of these. */
export type Closer = (link: string, links: readonly LinkDocument[]) => string;

/** The command that shows more of a link, ready for a shell. null: what was captured cannot be read again. */
export function closerCommand(paths: readonly string[]): Closer | null {
  if (paths.length === 0 || paths.includes('-')) return null;
  const files = paths.map((path) => quoted(path.startsWith('-') ? `./${path}` : path)).join(' ');
  return (link, links) => {
    const text = shortest(link, links);
    return `psyncscope timeline${text === null ? '' : ` --link ${quoted(text)}`} ${files}`;
  };
}

/** A text that only this link's id contains: its replica's endpoint, or the whole. null: there is no other link. */
function shortest(id: string, links: readonly LinkDocument[]): string | null {
  if (links.length === 1) return null;
  const replica = id.slice(id.indexOf('<-') + 2);
  const isUnique = links.filter((link) => link.id.includes(replica)).length === 1;
  return isUnique && !replica.startsWith('-') ? replica : id;
}

/** A word for a POSIX shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
