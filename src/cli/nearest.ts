/** Letters that may be wrong in a word, for each three that it has. */
const LETTERS_PER_TYPO = 3;

/** Longer words are no names of ours. */
const MAX_LETTERS = 64;

/** The name that was probably meant: the one that the fewest typing errors lead to; null when none is near. */
export function nearest(word: string, names: readonly string[]): string | null {
  if (word.length > MAX_LETTERS) return null;
  let found: string | null = null;
  let least = Math.ceil(word.length / LETTERS_PER_TYPO) + 1;
  for (const name of names) {
    // What was begun and not finished.
    const typos = word !== '' && name.startsWith(word) ? 0 : distance(word, name);
    if (typos >= least) continue;
    least = typos;
    found = name;
  }
  return found;
}

/** Letters to be put in, taken out or exchanged to make one of the other (Levenshtein). */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const exchanged = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(above[j]! + 1, row[j - 1]! + 1, exchanged));
    }
    above = row;
  }
  return above[b.length]!;
}
