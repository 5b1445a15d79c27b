// Listens to a stream's sound and looks at its light, for the checks before going on air.
import { levelOf, lightnessOf } from './checks';

const SAMPLES = 2048;
const LOOK = { width: 64, height: 36 };

export interface Level {
  rms_db: number;
  peak_db: number;
}

export class SoundMeter {
  private readonly context = new AudioContext();
  private readonly samples = new Float32Array(SAMPLES);
  private readonly analyser: AnalyserNode;

  constructor(stream: MediaStream) {
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = SAMPLES;
    this.context.createMediaStreamSource(stream).connect(this.analyser);
    this.wake();
  }

  /** Some browsers listen only after a click. */
  wake(): void {
    if (this.context.state === 'suspended') void this.context.resume().catch(() => {});
  }

  read(): Level {
    this.analyser.getFloatTimeDomainData(this.samples);
    return levelOf(this.samples);
  }

  close(): void {
    void this.context.close();
  }
}

/** The mean lightness of what a video shows, 0 to 255; null before its first picture. */
export function lookAt(video: HTMLVideoElement): number | null {
  if (!video.videoWidth) return null;
  const canvas = document.createElement('canvas');
  Object.assign(canvas, LOOK);
  const drawing = canvas.getContext('2d', { willReadFrequently: true });
  if (!drawing) return null;
  drawing.drawImage(video, 0, 0, LOOK.width, LOOK.height);
  return lightnessOf(drawing.getImageData(0, 0, LOOK.width, LOOK.height).data);
}
