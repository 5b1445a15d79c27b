// A screen says every few seconds what it shows and when it last painted: at the desk a frozen wall
// is then seen, and so is one that fell silent.

export interface Shown {
  kind: 'questions' | 'videos' | 'heat' | 'overlay';
  scene: string;
  /** What is read on it. */
  title: string;
  /** Videos from elsewhere whose picture stands still on it. */
  still_relays: number[];
  is_covered: boolean;
  is_stale: boolean;
  /** Whether it may be interrupted for a newer build. */
  mayReload: boolean;
}

const EVERY_MS = 5_000;
const ANSWER_MS = 4_000;
const TITLE_MAX = 160;
const RELOADED = 'walls/reloaded';

export function keepReporting(url: string, build: string, look: () => Shown): void {
  const key = newKey();
  let painted_ms = performance.now();
  const say = (isClosing = false) => {
    const { mayReload: _, title, ...shown } = look();
    return JSON.stringify({
      key,
      ...shown,
      title: [...title].slice(0, TITLE_MAX).join(''),
      is_dark: document.documentElement.dataset.air === 'on',
      // A mixer paints an overlay only while its scene is shown; a wall that is hidden is no wall.
      frame_age_ms: isResting(shown.kind) ? 0 : Math.round(performance.now() - painted_ms),
      build,
      width_px: innerWidth,
      height_px: innerHeight,
      is_closing: isClosing,
    });
  };
  const report = async () => {
    try {
      const answer = await fetch(url, {
        method: 'POST',
        body: say(),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      if (answer.ok) renew(((await answer.json()) as { build: string }).build);
    } catch {
      // the desk sees that nothing came
    }
  };
  const renew = (newest: string) => {
    if (newest === build || !look().mayReload || sessionStorage.getItem(RELOADED) === newest) return;
    sessionStorage.setItem(RELOADED, newest); // once for each build: servers may differ for a while
    location.reload();
  };
  // The frame that was asked for last time has come meanwhile, unless nothing paints any more.
  const tick = () => {
    void report();
    requestAnimationFrame(() => (painted_ms = performance.now()));
  };
  requestAnimationFrame(() => (painted_ms = performance.now()));
  setInterval(tick, EVERY_MS);
  setTimeout(tick, 500);
  addEventListener('pagehide', () => navigator.sendBeacon(url, say(true)));
}

const isResting = (kind: Shown['kind']) => kind === 'overlay' && document.hidden;

/** Its own name while it is open; crypto.randomUUID is missing over plain http. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
