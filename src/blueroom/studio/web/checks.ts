// Whether somebody can be seen and heard well: sums over samples and pixels, and what they mean.

const SILENCE_DB = -100;

/** The loudness of samples in -1 to 1, as dBFS. */
export function levelOf(samples: Float32Array): { rms_db: number; peak_db: number } {
  let sum = 0;
  let peak = 0;
  for (const sample of samples) {
    sum += sample * sample;
    peak = Math.max(peak, Math.abs(sample));
  }
  return { rms_db: decibels(Math.sqrt(sum / (samples.length || 1))), peak_db: decibels(peak) };
}

const decibels = (value: number) =>
  value > 0 ? Math.max(SILENCE_DB, 20 * Math.log10(value)) : SILENCE_DB;

const QUIETEST_DB = -60;

/** How long a meter's bar is for that level, 0 to 1. */
export const barOf = (level_db: number) =>
  Math.min(1, Math.max(0, 1 - level_db / QUIETEST_DB));

export type Sound = 'none' | 'quiet' | 'good' | 'loud';
const VOICE_DB = -42;
const FAINT_DB = -58;
const CLIPS_DB = -0.5;
const REMEMBERED_MS = 4_000;

/** Hears for some seconds back: speech has pauses. */
export class Hearing {
  private heard: { at_ms: number; rms_db: number; peak_db: number }[] = [];

  take(level: { rms_db: number; peak_db: number }, at_ms: number): void {
    this.heard.push({ at_ms, ...level });
    while (this.heard[0] && at_ms - this.heard[0].at_ms > REMEMBERED_MS) this.heard.shift();
  }

  get sound(): Sound {
    const loudest = Math.max(SILENCE_DB, ...this.heard.map(({ rms_db }) => rms_db));
    const clipped = this.heard.filter(({ peak_db }) => peak_db > CLIPS_DB).length;
    if (clipped >= 3) return 'loud';
    if (loudest >= VOICE_DB) return 'good';
    return loudest >= FAINT_DB ? 'quiet' : 'none';
  }
}

/** The mean lightness of pixels (RGBA, 8 bits), 0 to 255, by Rec. 709. */
export function lightnessOf(pixels: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at + 3 < pixels.length; at += 4) {
    sum += 0.2126 * pixels[at]! + 0.7152 * pixels[at + 1]! + 0.0722 * pixels[at + 2]!;
  }
  return pixels.length ? sum / (pixels.length / 4) : 0;
}

export type Light = 'dark' | 'good' | 'bright';
const DARK = 52;
const BRIGHT = 212;

export function lightFor(lightness: number): Light {
  if (lightness < DARK) return 'dark';
  return lightness > BRIGHT ? 'bright' : 'good';
}

export type Trouble = 'insecure' | 'unable' | 'denied' | 'none' | 'in_use' | 'unknown';

/** What stands between the page and a camera, after getUserMedia's error. */
export function troubleOf(errorName: string): Trouble {
  switch (errorName) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'none';
    case 'NotReadableError':
    case 'AbortError':
      return 'in_use';
    default:
      return 'unknown';
  }
}

/** A picture smaller than this, on its longer side, looks poor on a wall. */
const SMALL_PX = 960;
export const isSmall = (width_px: number, height_px: number) =>
  Math.max(width_px, height_px) < SMALL_PX;
