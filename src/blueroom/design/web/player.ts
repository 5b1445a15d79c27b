// How the live picture is played: what is decided, without a page. `playback.ts` does it.

/** By hls.js over Media Source Extensions, by the browser itself (Safari), or not at all. */
export type Way = 'hls' | 'native' | 'none';

export interface Abilities {
  hasMediaSource: boolean;
  hasNativeHls: boolean;
  /** Apple's own engine plays low latency by itself; others that say they can are slower at it. */
  isApple: boolean;
}

export function wayToPlay({ hasMediaSource, hasNativeHls, isApple }: Abilities): Way {
  if (isApple && hasNativeHls) return 'native';
  if (hasMediaSource) return 'hls';
  return hasNativeHls ? 'native' : 'none';
}

export function abilitiesOf(video: HTMLVideoElement): Abilities {
  return {
    hasMediaSource: 'MediaSource' in globalThis || 'ManagedMediaSource' in globalThis,
    hasNativeHls: video.canPlayType('application/vnd.apple.mpegurl') !== '',
    isApple: navigator.vendor.startsWith('Apple'),
  };
}

// After an interruption a player would stay behind for good: seconds late that are jumped over.
const LATE_S = 3;

/** Where to jump so that the viewer is with the others again; null where they are. */
export function jumpTo(at_s: number, edge_s: number | null | undefined): number | null {
  return edge_s != null && Number.isFinite(edge_s) && edge_s - at_s > LATE_S ? edge_s : null;
}

/** How much later than the playlist asks a viewer's picture is, since their line is not even. */
export interface Margin {
  extra_s: number;
  /** How often the picture stood still. */
  stalls: number;
  since_ms: number;
}

export const NO_MARGIN: Margin = { extra_s: 0, stalls: 0, since_ms: 0 };
const STALL_S = 0.4;
const LONGEST_EXTRA_S = 4;
const CALM_MS = 20_000;

/** After the picture stood still. hls.js by itself adds a second for each time, for good. */
export const afterStall = ({ extra_s, stalls }: Margin, now_ms: number): Margin => ({
  extra_s: Math.min(extra_s + STALL_S, LONGEST_EXTRA_S),
  stalls: stalls + 1,
  since_ms: now_ms,
});

/** The margin now: none after a calm time, which is longer the more often the picture stood. */
export const marginNow = (margin: Margin, now_ms: number): Margin =>
  margin.extra_s > 0 && now_ms - margin.since_ms > CALM_MS * margin.stalls
    ? { ...margin, extra_s: 0 }
    : margin;

export interface Failure {
  isFatal: boolean;
  kind: 'network' | 'media' | 'other';
  /** The HTTP status, where there was an answer. */
  status?: number | undefined;
  details: string;
}

/** `wait`: nothing is there yet, ask again. `reload`: ask again, with back-off. `recover`: the
 * decoder choked, go on from the next picture. `rebuild`: begin anew. */
export type Cure = 'none' | 'wait' | 'reload' | 'recover' | 'rebuild';

const RECOVERIES_APART_MS = 5_000;

export function cureFor(failure: Failure, sinceRecovery_ms: number): Cure {
  const isEmpty = failure.status === 404 || failure.details === 'levelEmptyError';
  if (isEmpty && failure.isFatal) return 'wait';
  if (!failure.isFatal) return 'none';
  if (failure.kind === 'network') return 'reload';
  const again = failure.kind === 'media' && sinceRecovery_ms > RECOVERIES_APART_MS;
  return again ? 'recover' : 'rebuild';
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;
// Until the first segment is there, which takes two seconds after the first picture.
export const NOT_YET_WAIT_MS = 1_000;

/** How long to wait after so many failures in a row, from 1; `random` is in 0 to 1. */
export function waitAfter(failures: number, random: number): number {
  const longest = Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS);
  return longest * (0.5 + random / 2);
}

export interface Watched {
  at_s: number;
  /** Since when it has been at `at_s`. */
  since_ms: number;
}

const STUCK_MS = 6_000;

/** Whether a picture that should move has stood for too long. */
export const isStuck = (watched: Watched, now_ms: number) => now_ms - watched.since_ms > STUCK_MS;

/** What was watched, or the new place where it moved on. */
export const watch = (watched: Watched, at_s: number, now_ms: number): Watched =>
  watched.at_s === at_s ? watched : { at_s, since_ms: now_ms };
