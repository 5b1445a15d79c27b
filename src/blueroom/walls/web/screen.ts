// What a television needs of its browser: to stay awake, and to dim when it goes on air.
import { isCalm } from './motion';

/** Keeps the screen awake where the browser can (over https or on localhost). */
export function keepAwake(): void {
  const ask = () => {
    if (!document.hidden) void navigator.wakeLock?.request('screen').catch(() => {});
  };
  document.addEventListener('visibilitychange', ask);
  ask();
}

/** Day or night on the whole page; `?air=on` or `?air=off` in the address overrules the room. */
export function dim(isDark: boolean): void {
  const forced = new URLSearchParams(location.search).get('air');
  const air = forced === 'on' || forced === 'off' ? forced : isDark ? 'on' : 'off';
  const root = document.documentElement;
  if (root.dataset.air === air) return;
  const turn = () => (root.dataset.air = air);
  if (isCalm() || !document.startViewTransition) turn();
  else document.startViewTransition(turn);
}
