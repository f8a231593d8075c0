/** How far a colour of the page is from what lies behind it: what src/report/html/page/legibility.probe.ts finds. */
export interface Contrast {
  /** The text, or what is drawn. */
  what: string;
  /** 1 to 21 (WCAG 2.2). */
  ratio: number;
  /** Text of at least 24 px, or 18.66 px bold, may have less of it. */
  large: boolean;
}
