import type { Contrast } from '../../../testing/contrast.js';

/** What a test asks the page in a browser: how far the colours that it shows are apart (WCAG 2.2, 1.4.3 and 1.4.11). */

type Colour = readonly [red: number, green: number, blue: number, alpha: number];

const WHITE: Colour = [255, 255, 255, 1];

/** Every text that is shown, against what lies behind it. */
export function texts(): Contrast[] {
  const found: Contrast[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent!.trim();
    const element = walker.currentNode.parentElement!;
    if (text === '' || element.closest('script, noscript, title') !== null || !element.checkVisibility())
      continue;
    const style = getComputedStyle(element);
    const ink = colourOf(element instanceof SVGElement ? style.fill : style.color);
    const size = Number.parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    found.push({ what: text, ratio: ratioOf(ink, groundOf(element)), large });
  }
  return found;
}

/** Every element that the selector finds: its outline (of SVG), border or background against what lies behind it. */
export function edges(selector: string): Contrast[] {
  return [...document.querySelectorAll(selector)]
    .filter((element) => element.checkVisibility())
    .map((element) => {
      const style = getComputedStyle(element);
      const edge = colourOf(element instanceof SVGElement ? style.stroke : style.borderTopColor);
      const ground = groundOf(element.closest('.stage, section, header') ?? element);
      return {
        what: element.getAttribute('class') ?? element.tagName,
        ratio: ratioOf(edge, ground),
        large: true,
      };
    });
}

/** A colour of the style sheet against the ground of the parts of the page. */
export function variable(name: string): Contrast {
  const ink = colourOf(getComputedStyle(document.documentElement).getPropertyValue(name));
  return { what: name, ratio: ratioOf(ink, groundOf(document.querySelector('section')!)), large: true };
}

/** What lies behind a text: a shape of its own drawing, or the next ground below that is not seen through. */
function groundOf(element: Element): Colour {
  if (element instanceof SVGTextElement) {
    const box = element.getBoundingClientRect();
    const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    const shapes = [...element.parentElement!.querySelectorAll('rect:not(.texture)')].filter((shape) => {
      const { left, right, top, bottom } = shape.getBoundingClientRect();
      return left <= x && x <= right && top <= y && y <= bottom;
    });
    const shape = shapes.at(-1);
    if (shape !== undefined) return over(colourOf(getComputedStyle(shape).fill), behind(element));
  }
  return behind(element);
}

function behind(element: Element | null): Colour {
  if (element === null) return WHITE;
  const own = colourOf(getComputedStyle(element).backgroundColor);
  return own[3] === 1 ? own : over(own, behind(element.parentElement));
}

function over([red, green, blue, alpha]: Colour, [r, g, b]: Colour): Colour {
  const mix = (top: number, below: number): number => top * alpha + below * (1 - alpha);
  return [mix(red, r), mix(green, g), mix(blue, b), 1];
}

const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
const colours = new Map<string, Colour>();

/** As the browser computes it, whatever it is written as. */
function colourOf(text: string): Colour {
  const known = colours.get(text);
  if (known !== undefined) return known;
  context.clearRect(0, 0, 1, 1);
  context.fillStyle = text;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data;
  const colour: Colour = [red!, green!, blue!, alpha! / 255];
  colours.set(text, colour);
  return colour;
}

function ratioOf(ink: Colour, ground: Colour): number {
  const [a, b] = [luminance(over(ink, ground)), luminance(ground)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** WCAG's relative luminance, 0 to 1. */
function luminance([red, green, blue]: Colour): number {
  const linear = (channel: number): number => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}
