/** One place of a glob: a test of one character, or null for a star. */
type Place = ((char: string) => boolean) | null;

/**
 * Makes a test of a glob as KEYS and SCAN have it: * ? [abc] [^a-z], and \ before a character that stands for itself. A test takes
 * time by the product of both lengths at most, whatever the pattern.
 */
export function globTest(pattern: string): (text: string) => boolean {
  const places = parse(pattern);
  return (text) => matches(places, text);
}

function matches(places: readonly Place[], text: string): boolean {
  let place = 0;
  let at = 0;
  // Where the last star stands, and the first character it does not cover yet: the place to go on from after a mismatch.
  let star = -1;
  let covered = 0;
  while (at < text.length) {
    const test = places[place];
    if (test === null) {
      star = place++;
      covered = at;
    } else if (test?.(text[at]!) === true) {
      place++;
      at++;
    } else if (star >= 0) {
      place = star + 1;
      covered++;
      at = covered;
    } else return false;
  }
  return places.slice(place).every((each) => each === null);
}

function parse(pattern: string): Place[] {
  const places: Place[] = [];
  let at = 0;
  while (at < pattern.length) {
    const char = pattern[at++]!;
    if (char === '*') places.push(null);
    else if (char === '?') places.push(() => true);
    else if (char === '[') {
      const end = classEnd(pattern, at);
      places.push(classTest(pattern.slice(at, end)));
      at = end + 1;
    } else {
      const escaped = char === '\\' && at < pattern.length;
      const wanted = escaped ? pattern[at++]! : char;
      places.push((each) => each === wanted);
    }
  }
  return places;
}

/** Index of the bracket that closes the class beginning at `from`, or the end of the pattern. */
function classEnd(pattern: string, from: number): number {
  let at = from;
  while (at < pattern.length && pattern[at] !== ']') at += pattern[at] === '\\' ? 2 : 1;
  return Math.min(at, pattern.length);
}

function classTest(content: string): (char: string) => boolean {
  const negated = content.startsWith('^');
  const ranges: [string, string][] = [];
  let at = negated ? 1 : 0;
  while (at < content.length) {
    if (content[at] === '\\' && at + 1 < content.length) at++;
    const first = content[at++]!;
    if (content[at] === '-' && at + 1 < content.length) {
      const last = content[at + 1]!;
      ranges.push(first <= last ? [first, last] : [last, first]);
      at += 2;
    } else ranges.push([first, first]);
  }
  return (char) => ranges.some(([low, high]) => char >= low && char <= high) !== negated;
}
