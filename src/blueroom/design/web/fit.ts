// The largest size at which a text fits its place.
import { WORN } from './theme';

export interface Fitting {
  /** What is written in the element; fitting starts again when it changes. */
  text: string;
  /** Font sizes in px at 1920x1080 (tenths of a rem): the largest and the smallest allowed. */
  from: number;
  to: number;
  /** By how much it is then made larger or smaller; 1 where it is left out. Larger may not fit. */
  scale?: number;
}

const PX_A_REM = 10; // as the wall sets <html>'s font size; see walls/web/wall.css

/** Svelte action. The element's parent is the place; it must not grow with its content.
 *
 * Words are kept whole while that is possible. What does not fit at the smallest size is cut after
 * the last whole line, with an ellipsis: `data-cut` is set then.
 */
export function fit(element: HTMLElement, fitting: Fitting) {
  const place = element.parentElement!;
  let now = fitting;
  let fitted = '';
  const again = () => {
    fitted = `${place.clientWidth} ${place.clientHeight}`;
    fitOnce(element, place, now);
  };
  const sizes = new ResizeObserver(() => {
    if (fitted !== `${place.clientWidth} ${place.clientHeight}`) again();
  });
  sizes.observe(place);
  document.fonts.addEventListener('loadingdone', again);
  document.addEventListener(WORN, again); // in another typeface
  again();
  return {
    update(next: Fitting) {
      now = next;
      again();
    },
    destroy() {
      sizes.disconnect();
      document.fonts.removeEventListener('loadingdone', again);
      document.removeEventListener(WORN, again);
    },
  };
}

function fitOnce(element: HTMLElement, place: HTMLElement, { text, from, to, scale = 1 }: Fitting): void {
  const { style, dataset } = element;
  const [width, height] = [place.clientWidth, place.clientHeight];
  const unit = parseFloat(getComputedStyle(document.documentElement).fontSize) / PX_A_REM;
  // Half an em a letter and 1.1 em a line: near enough to begin with.
  const guess = Math.sqrt((width * height) / (0.55 * Math.max(1, text.length))) / unit;
  const fits = (px: number) => {
    style.fontSize = `${px / PX_A_REM}rem`;
    return element.offsetHeight <= height && element.scrollWidth <= width;
  };
  delete dataset.cut;
  style.textWrap = 'wrap'; // balanced lines are no more and no longer, and ten times the work
  style.overflowWrap = 'normal';
  const isWhole = setLargest(from, to, guess, fits);
  if (!isWhole) {
    style.overflowWrap = 'anywhere'; // a word longer than the line
    if (!setLargest(Math.min(from, 1.2 * to), to, guess, fits)) {
      const line_px = parseFloat(getComputedStyle(element).lineHeight);
      style.setProperty('--lines', String(Math.max(1, Math.floor(height / line_px))));
      dataset.cut = '';
    }
  }
  style.textWrap = '';
  if (scale !== 1) style.fontSize = `${parseFloat(style.fontSize) * scale}rem`;
}

const STEP = 2;

/** Leaves the largest size that fits, to within a step; false, with `to` set, where none does. */
function setLargest(
  from: number,
  to: number,
  guess: number,
  fits: (px: number) => boolean,
): boolean {
  let [small, large] = [to - STEP, from + STEP];
  let size = Math.min(from, Math.max(to, guess));
  let last = 0;
  while (large - small > STEP) {
    last = size;
    if (fits(size)) small = size;
    else large = size;
    size = Math.min(from, Math.max(to, (small + large) / 2));
    if (size === last) break;
  }
  const found = Math.max(to, small);
  if (found !== last) fits(found);
  return small >= to;
}
