// The wall's fur, rug and light, painted for a given place on a screen of any size.
import { tokenBy } from '../../design/web/theme';
import { copyOf, DAY, lightUp, NIGHT, paintFur, paintRug, type Box, type Light } from '../../design/web/fur';

const RUG_HEIGHT = 108;
const RADIUS = 64;

interface Stage {
  width: number;
  height: number;
}

/** `card`: fur around a card, and the rug. `window`: fur around what moves under the canvas, no rug.
 * `rug`: the rug alone. */
export type Scenery = 'card' | 'window' | 'rug';

/** Paints canvas, which covers the wall, with fur around `place` and the rug at the bottom. */
export function paintScene(
  canvas: HTMLCanvasElement,
  place: HTMLElement,
  isNight: boolean,
  scenery: Scenery = 'card',
): void {
  const unit = parseFloat(getComputedStyle(document.documentElement).fontSize) / 10;
  const on = canvas.getBoundingClientRect();
  const at = place.getBoundingClientRect();
  const box: Box = {
    x: (at.x - on.x) / unit,
    y: (at.y - on.y) / unit,
    width: at.width / unit,
    height: at.height / unit,
    radius: RADIUS,
  };
  const stage: Stage = { width: on.width / unit, height: on.height / unit };
  const scale = unit * devicePixelRatio;
  canvas.width = Math.round(stage.width * scale);
  canvas.height = Math.round(stage.height * scale);
  const pen = canvas.getContext('2d')!;
  pen.scale(scale, scale);
  if (!isNight) paintSun(pen, stage);
  if (scenery !== 'rug') paintCard(pen, box, stage, isNight, scenery === 'window');
  if (scenery !== 'window') paintFloor(pen, stage, isNight);
}

/** A layer of the same size and scale, empty. */
function layerOf(pen: CanvasRenderingContext2D): CanvasRenderingContext2D {
  const layer = copyOf(pen.canvas, false);
  layer.setTransform(pen.getTransform());
  return layer;
}

function lay(pen: CanvasRenderingContext2D, layer: CanvasRenderingContext2D): void {
  pen.save();
  pen.resetTransform();
  pen.drawImage(layer.canvas, 0, 0);
  pen.restore();
}

/** Light through a window that we do not see, on the wall. */
function paintSun(pen: CanvasRenderingContext2D, { width, height }: Stage): void {
  const scale = pen.getTransform().a;
  const aside = 2 * width; // the panes lie off the canvas, only their soft shadows on it
  pen.save();
  pen.shadowColor = 'rgb(255 252 236 / .34)';
  pen.shadowBlur = 60 * scale;
  pen.shadowOffsetX = aside * scale;
  for (let column = 0; column < 2; column += 1) {
    for (let row = 0; row < 3; row += 1) {
      const x = width * (0.42 + column * 0.15) - row * height * 0.13 - aside;
      const y = height * (-0.04 + row * 0.3);
      const [w, h, skew] = [width * 0.125, height * 0.26, height * 0.115];
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(x + w, y);
      pen.lineTo(x + w - skew, y + h);
      pen.lineTo(x - skew, y + h);
      pen.fill();
    }
  }
  pen.restore();
}

const partsOf = (token: string) =>
  [1, 3, 5].map((at) => parseInt(tokenBy(true, token).slice(at, at + 2), 16)) as [number, number, number];

const lamps = ({ width }: Stage): Light[] => [
  { x: 0.12 * width, y: 120, reach: 1250, colour: [255, 184, 130], strength: 0.85 },
  { x: 0.78 * width, y: 260, reach: 1300, colour: partsOf('--gleam'), strength: 0.52 },
];
const dark = (dim: number) => `rgb(${partsOf('--shade').map((part) => part * dim).join(' ')})`;

const RIM = 18; // how far the fur reaches over what moves in a window

function paintCard(pen: CanvasRenderingContext2D, box: Box, stage: Stage, isNight: boolean, isOpen: boolean): void {
  const scale = pen.getTransform().a;
  pen.save();
  pen.shadowColor = isNight ? 'rgb(0 0 0 / .65)' : 'rgb(38 84 130 / .42)';
  pen.shadowBlur = 70 * scale;
  pen.shadowOffsetY = 30 * scale;
  pen.fillStyle = tokenBy(isNight, '--card');
  pen.beginPath();
  pen.roundRect(box.x, box.y, box.width, box.height, box.radius);
  pen.fill();
  pen.restore();
  if (isOpen) cutOut(pen, box);
  const fur = layerOf(pen);
  paintFur(fur, box, { coat: isNight ? NIGHT : DAY });
  if (isNight) lightUp(fur, dark(1), lamps(stage));
  lay(pen, fur);
}

function cutOut(pen: CanvasRenderingContext2D, { x, y, width, height, radius }: Box): void {
  pen.save();
  pen.globalCompositeOperation = 'destination-out';
  pen.beginPath();
  pen.roundRect(x + RIM, y + RIM, width - 2 * RIM, height - 2 * RIM, radius - RIM);
  pen.fill();
  pen.restore();
}

function paintFloor(pen: CanvasRenderingContext2D, stage: Stage, isNight: boolean): void {
  const scale = pen.getTransform().a;
  const { width, height } = stage;
  const top = height - RUG_HEIGHT;
  const rug = layerOf(pen);
  paintRug(rug, { width, top, height: RUG_HEIGHT + 12 }, { coat: isNight ? NIGHT : DAY });
  if (isNight) lightUp(rug, dark(0.62), lamps(stage), 0.62);
  // What is written on the rug must be easy to read.
  const veil = rug.createLinearGradient(0, top, 0, height);
  const over = tokenBy(isNight, isNight ? '--ground-end' : '--fur');
  veil.addColorStop(0, `${over}00`);
  veil.addColorStop(isNight ? 0.55 : 1, `${over}${isNight ? 'a8' : '9e'}`);
  rug.globalCompositeOperation = 'source-atop';
  rug.fillStyle = veil;
  rug.fillRect(0, top - 40, width, RUG_HEIGHT + 60);
  pen.save();
  pen.shadowColor = isNight ? 'rgb(0 0 0 / .5)' : 'rgb(60 100 140 / .3)';
  pen.shadowBlur = 24 * scale;
  pen.shadowOffsetY = -4 * scale;
  lay(pen, rug);
  pen.restore();
}
