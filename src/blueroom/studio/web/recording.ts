// How a browser's recorder is asked to record: what it can, how much of it, in which slices.

export interface Way {
  mime: string;
  timeslice_ms: number;
  keyFrame_ms: number;
}

// H.264 goes on as it is; VP8 must be encoded anew at the room, so it comes last. MP4 comes out
// only at key frames, whatever the slice, so those come oftener.
const WEBM = { timeslice_ms: 100, keyFrame_ms: 2_000 };
const MP4 = { timeslice_ms: 1_000, keyFrame_ms: 1_000 };
const WAYS: Way[] = [
  { mime: 'video/webm;codecs=h264,opus', ...WEBM },
  // avc3 writes its parameters into the stream: with avc1 a picture that turns breaks silently.
  { mime: 'video/mp4;codecs=avc3,opus', ...MP4 },
  { mime: 'video/mp4;codecs=avc1.42E01F,opus', ...MP4 },
  { mime: 'video/mp4;codecs=avc1,mp4a.40.2', ...MP4 },
  { mime: 'video/webm;codecs=vp8,opus', ...WEBM },
];

/** The best way that this browser can record, null where it cannot. */
export const wayToRecord = (isSupported: (mime: string) => boolean): Way | null =>
  WAYS.find(({ mime }) => isSupported(mime)) ?? null;

/** What MediaRecorder takes; the last is known to Chromium only, others pass it over. */
export function optionsFor(way: Way, video_bps: number) {
  return {
    mimeType: way.mime,
    videoBitsPerSecond: video_bps,
    audioBitsPerSecond: 128_000,
    videoKeyFrameIntervalDuration: way.keyFrame_ms,
  };
}

const RATES_BPS = [2_500_000, 1_200_000, 600_000];
export const BEST_BPS = RATES_BPS[0]!;
const TOO_LATE_MS = 4_000;
const IN_TIME_MS = 700;
const BETTER_AFTER_MS = 60_000;
const WORSE_AFTER_MS = 10_000; // what was recorded at the former rate has to get through first

/** What has been seen of the line since the present rate was chosen. */
export interface Line {
  video_bps: number;
  /** When that rate was chosen. */
  chosenAt_ms: number;
  /** Since when it has kept up; null while it does not. */
  inTimeSince_ms: number | null;
}

/** The line as it is now, `video_bps` changed where it asks for another rate. */
export function lineNow(line: Line, behind_ms: number, now_ms: number): Line {
  const at = RATES_BPS.indexOf(line.video_bps);
  const chosen = (rate: number): Line => ({
    video_bps: RATES_BPS[rate]!,
    chosenAt_ms: now_ms,
    inTimeSince_ms: null,
  });
  const mayWorsen = at < RATES_BPS.length - 1 && now_ms - line.chosenAt_ms > WORSE_AFTER_MS;
  if (behind_ms > TOO_LATE_MS && mayWorsen) return chosen(at + 1);
  if (behind_ms > IN_TIME_MS) return { ...line, inTimeSince_ms: null };
  const inTimeSince_ms = line.inTimeSince_ms ?? now_ms;
  if (at > 0 && now_ms - inTimeSince_ms > BETTER_AFTER_MS) return chosen(at - 1);
  return { ...line, inTimeSince_ms };
}

export type Quality = 'good' | 'slow' | 'bad' | 'cut';
const SLOW_MS = 1_500;
const BAD_MS = 5_000;

/** How the connection is, in a word. MP4 comes in slices of a second, which is no delay. */
export function qualityOf(isTaking: boolean, behind_ms: number, timeslice_ms: number): Quality {
  if (!isTaking) return 'cut';
  const late_ms = behind_ms - timeslice_ms;
  if (late_ms > BAD_MS) return 'bad';
  return late_ms > SLOW_MS ? 'slow' : 'good';
}
