// People's words made fit to be shown: nothing is left out, nothing runs over its neighbours.
import { withoutHeaps } from '../../design/web/marks';

/** No letter with heaps of marks on it, and no question mark alone on a line. */
export const legible = (text: string): string =>
  withoutHeaps(text).replace(/ ([?!:;»])/g, '\u00a0$1');

/** The beginning of a text, for a sentence about it. */
export function short(text: string): string {
  const letters = [...legible(text)];
  return letters.length > 48 ? `${letters.slice(0, 46).join('').trim()}…` : letters.join('');
}
