import 'uplot/dist/uPlot.min.css';
import './style/base.css';
import './style/head.css';
import './style/parts.css';
import './style/picture.css';
import './style/tables.css';
import './style/narrow.css';
import './style/media.css';
import type { ReportModel } from '../model.js';
import { h } from './dom.js';
import { events } from './events.js';
import { links } from './links.js';
import type { Page } from './page.js';
import { picture } from './picture.js';
import { header, opening } from './summary.js';
import { topology } from './topology.js';
import { View } from './view.js';

/** Draws the page from the model that stands in it. Loads nothing, keeps nothing. */

const model = JSON.parse(document.getElementById('model')!.textContent!) as ReportModel;
const view = new View(model.length);
const page: Page = {
  model,
  view,
  picture: null,
  jump: (at) => {
    view.focus(at);
    const stage = document.getElementById('stage');
    stage?.scrollIntoView({ block: 'center' });
    stage?.focus({ preventScroll: true });
  },
};

const main = h('main', {}, opening(page));
document.body.append(h('a', { class: 'skip', href: '#picture' }, 'Skip to the picture'), header(page), main);

/** What is read first is painted first, then what is drawn; the lists come last. */
const later: (() => (Node | null)[])[] = [
  () => [topology(page), picture(page)],
  () => [links(page), events(page)],
];

function next(): void {
  const parts = later.shift();
  if (parts === undefined) {
    finish();
    return;
  }
  main.append(...parts().filter((part) => part !== null));
  afterPaint(next);
}

function afterPaint(act: () => void): void {
  requestAnimationFrame(() => setTimeout(act));
}

function finish(): void {
  const words = `Made by ${model.madeBy} from captured packets alone. This page loads nothing and sends nothing.`;
  document.body.append(h('footer', {}, words));
  // For a bookmark of one of its parts: they are only there now.
  if (location.hash.length > 1) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

afterPaint(next);
