// What a television does when it goes on air: it dims.
import { isCalm } from './motion';

const FORCED: Record<string, string> = { on: 'on', off: 'off', night: 'on', day: 'off' };

/** Day or night on the whole page; `?air=on` or `?air=off` in the address overrules the room, on an
 * overlay `?colours=night` or `?colours=day`. */
export function dim(isDark: boolean): void {
  const words = new URLSearchParams(location.search);
  const asked = words.get('air') ?? words.get('colours') ?? words.get('colors') ?? '';
  const air = FORCED[asked] ?? (isDark ? 'on' : 'off');
  const root = document.documentElement;
  if (root.dataset.air === air) return;
  const turn = () => (root.dataset.air = air);
  if (isCalm() || !document.startViewTransition) turn();
  else document.startViewTransition(turn);
}
