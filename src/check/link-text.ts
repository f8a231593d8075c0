const DIGIT = /\d/;

/**
 * True when the id of a link contains the text, numbers taken whole: `:6` is in `10.0.0.1:6<-10.0.0.2:7` and not in `10.0.0.1:60<-…`, so
 * that an id in full means one link alone.
 */
export function isLinkMeant(id: string, text: string): boolean {
  const beginsInNumber = /^\d/.test(text);
  const endsInNumber = /\d$/.test(text);
  for (let at = id.indexOf(text); at >= 0; at = id.indexOf(text, at + 1)) {
    const isCut =
      (beginsInNumber && DIGIT.test(id.charAt(at - 1))) ||
      (endsInNumber && DIGIT.test(id.charAt(at + text.length)));
    if (!isCut) return true;
  }
  return false;
}
