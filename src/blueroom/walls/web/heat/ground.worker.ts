// Draws what lies under the points, beside the page: half a second of work without a graphics card.
import { drawGround, ground, type Drawing } from './paper';

export interface Ordered extends Drawing {
  number: number;
}
export type Drawn = { number: number; picture: ImageBitmap } | 'not now';

let newest = 0;

self.onmessage = async ({ data: ordered }: MessageEvent<Ordered>) => {
  newest = ordered.number;
  try {
    const earth = await ground();
    if (ordered.number !== newest) return;
    const { width, height } = ordered.size;
    const canvas = new OffscreenCanvas(width, height);
    drawGround(canvas.getContext('2d', { alpha: false })!, earth, ordered);
    const picture = canvas.transferToImageBitmap();
    postMessage({ number: ordered.number, picture } satisfies Drawn, { transfer: [picture] });
  } catch {
    postMessage('not now' satisfies Drawn);
  }
};
