/** What is wrong, and on lines of their own what mends it: each is one way. */
export function withRemedies(message: string, remedies: readonly string[]): string {
  return [message, ...remedies].join('\n  → ');
}
