/** Keeps the screen awake where the browser can (over https or on localhost).
 *
 * A hidden page loses its lock, and so does a tablet that saves its battery: it is asked for again
 * whenever the page is seen again, and while it is refused now and then.
 */
export function keepAwake(): void {
  const AGAIN_MS = 60_000;
  let lock: WakeLockSentinel | null = null;
  const ask = async () => {
    if (document.hidden || (lock && !lock.released)) return;
    lock = (await navigator.wakeLock?.request('screen').catch(() => null)) ?? null;
  };
  document.addEventListener('visibilitychange', () => void ask());
  setInterval(() => void ask(), AGAIN_MS);
  void ask();
}
