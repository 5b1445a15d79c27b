// Orders what lies under the points from a worker, so that points are taken in meanwhile.
import { tokenBy } from '../../../design/web/theme';
import type { Drawn, Ordered } from './ground.worker';
import type { Drawing, Paint } from './paper';

const AGAIN_MS = 3000;

/** The map's colours in the room's look. */
export function paintBy(isNight: boolean): Paint {
  const token = (name: string) => tokenBy(isNight, `--${name}`);
  return {
    sea: [token('ground'), token('ground-end')],
    land: [token('land'), token('land-end')],
    coast: token('coast'),
  };
}

export class Ground {
  private worker: Worker | null = startWorker();
  private ordered: Ordered | null = null;
  private waiting: ReturnType<typeof setTimeout> | undefined;

  /** `show` gets each picture with what it was ordered for; of several orders, the last one's. */
  constructor(private readonly show: (picture: CanvasImageSource, drawing: Drawing) => void) {
    if (!this.worker) return;
    this.worker.onerror = () => this.goWithout();
    this.worker.onmessage = ({ data }: MessageEvent<Drawn>) => {
      if (data === 'not now') this.again();
      else if (data.number === this.ordered?.number) this.show(data.picture, this.ordered);
      if (data !== 'not now') data.picture.close();
    };
  }

  order(drawing: Drawing): void {
    this.ordered = { ...drawing, number: (this.ordered?.number ?? 0) + 1 };
    this.send();
  }

  close(): void {
    clearTimeout(this.waiting);
    this.worker?.terminate();
    this.ordered = null;
  }

  private send(): void {
    clearTimeout(this.waiting);
    if (this.worker) this.worker.postMessage(this.ordered);
    else void this.draw();
  }

  /** The atlas could not be fetched. */
  private again(): void {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.send(), AGAIN_MS);
  }

  private goWithout(): void {
    this.worker?.terminate();
    this.worker = null;
    if (this.ordered) this.send();
  }

  /** Where a browser has no such workers, the page draws. */
  private async draw(): Promise<void> {
    const { ordered } = this;
    try {
      const { drawGround, ground } = await import('./paper');
      const earth = await ground();
      if (!ordered || ordered !== this.ordered) return;
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [ordered.size.width, ordered.size.height];
      drawGround(canvas.getContext('2d', { alpha: false })!, earth, ordered);
      this.show(canvas, ordered);
    } catch {
      this.again();
    }
  }
}

function startWorker(): Worker | null {
  if (!('OffscreenCanvas' in globalThis)) return null;
  try {
    return new Worker(new URL('./ground.worker.ts', import.meta.url), { type: 'module' });
  } catch {
    return null; // its file is on another host
  }
}
