// What a television does when it goes on air: it dims.
import { dim as dimAtOnce, dress, type Worn } from '../../design/web/theme';
import { isCalm } from './motion';

const FORCED: Record<string, string> = { on: 'on', off: 'off', night: 'on', day: 'off' };

/** Day or night on the whole page; `?air=on` or `?air=off` in the address overrules the room, on an
 * overlay `?colours=night` or `?colours=day`. */
function dim(isDark: boolean): void {
  const words = new URLSearchParams(location.search);
  const asked = words.get('air') ?? words.get('colours') ?? words.get('colors') ?? '';
  const air = FORCED[asked] ?? (isDark ? 'on' : 'off');
  const root = document.documentElement;
  if (root.dataset.air === air) return;
  const turn = () => dimAtOnce(air === 'on');
  if (isCalm() || !document.startViewTransition) turn();
  else document.startViewTransition(turn);
}

/** What every wall shows of its room: its light and its look. */
export function wearOnWall(session: Worn): void {
  dim(session.is_dark);
  dress(session.theme);
}
