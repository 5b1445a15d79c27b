import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, load } from '../../design/web/load.mjs';

const { hang, ratioOf } = await load('src/blueroom/walls/web/tiles.ts');
after(close);

const TV = 16 / 9;
const PHONE = 9 / 16;
const stage = { x: 0, y: 0, width: 1808, height: 800, gap: 30 };
const shapesOf = (ratios, onAir = -1) => ratios.map((ratio, at) => ({ id: at + 1, ratio, isLarge: at === onAir }));
const area = ({ width, height }) => width * height;
const hung = (ratios, onAir, on = stage) => [...hang(shapesOf(ratios, onAir), on)].sort(([a], [b]) => a - b).map(([, box]) => box);

/** Every mix of telephones and televisions that a wall may have to hang. */
function mixes() {
  const found = [];
  for (let count = 1; count <= 9; count += 1) {
    for (let tall = 0; tall <= count; tall += 1) {
      found.push([...Array(tall).fill(PHONE), ...Array(count - tall).fill(TV)]);
    }
  }
  return found;
}

function assertHung(ratios, onAir, on) {
  const said = `${ratios.map((ratio) => (ratio < 1 ? 'phone' : 'tv'))} with ${onAir} on air on ${on.width}x${on.height}`;
  const boxes = hung(ratios, onAir, on);
  assert.equal(boxes.length, ratios.length, said);
  boxes.forEach((box, at) => {
    assert.ok(box.x >= on.x - 0.01 && box.x + box.width <= on.x + on.width + 0.01, `${said}: ${at} leaves the stage`);
    assert.ok(box.y >= on.y - 0.01 && box.y + box.height <= on.y + on.height + 0.01, `${said}: ${at} leaves the stage`);
    const kept = box.width / box.height / ratios[at];
    assert.ok(kept > 0.859 && kept < 1.001, `${said}: ${at} is cut to ${kept}`);
    for (const other of boxes.slice(at + 1)) {
      const apart = Math.max(
        other.x - (box.x + box.width),
        box.x - (other.x + other.width),
        other.y - (box.y + box.height),
        box.y - (other.y + other.height),
      );
      assert.ok(apart > on.gap - 0.01, `${said}: two are ${apart} apart`);
    }
  });
  return boxes;
}

test('whatever hangs on a wall of any size is whole, apart and inside', () => {
  const stages = [stage, { x: 40, y: 20, width: 1000, height: 1400, gap: 20 }];
  for (const on of stages) {
    for (const ratios of mixes()) {
      assertHung(ratios, -1, on);
      for (const onAir of new Set([0, ratios.length - 1])) assertHung(ratios, onAir, on);
    }
  }
});

test('the one on air is much larger than any other', () => {
  for (const ratios of mixes().filter(({ length }) => length > 1)) {
    for (let onAir = 0; onAir < ratios.length; onAir += 1) {
      const boxes = hung(ratios, onAir);
      const others = boxes.filter((_, at) => at !== onAir).map(area);
      assert.ok(area(boxes[onAir]) > 1.59 * Math.max(...others), `${ratios} ${onAir}: ${boxes.map(area)}`);
    }
  }
});

test('one picture takes all the height, in the middle', () => {
  assert.deepEqual(hung([TV]), [{ x: (1808 - 800 * TV) / 2, y: 0, width: 800 * TV, height: 800 }]);
  assert.deepEqual(hung([PHONE]), [{ x: (1808 - 450) / 2, y: 0, width: 450, height: 800 }]);
});

test('two televisions hang side by side, and so do three telephones', () => {
  const rows = (boxes) => new Set(boxes.map(({ y }) => y)).size;
  assert.equal(rows(hung([TV, TV])), 1);
  assert.equal(rows(hung([PHONE, PHONE, PHONE])), 1);
  assert.equal(rows(hung([TV, TV, TV, TV])), 2);
  assert.equal(rows(hung(Array(9).fill(TV))), 3);
});

test('a telephone among televisions is no stamp', () => {
  const [phone, ...others] = hung([PHONE, TV, TV]);
  assert.ok(phone.height > 700, `${phone.height} px high`);
  assert.ok(others.every(({ width }) => width > 560));
});

test('nine pictures can be told apart and their names be read', () => {
  for (const ratios of mixes().filter(({ length }) => length === 9)) {
    for (const onAir of [-1, 0]) {
      for (const box of hung(ratios, onAir)) assert.ok(box.width > 130 && box.height > 170, `${ratios}: ${box.width}x${box.height}`);
    }
  }
});

test('pictures keep their order', () => {
  const boxes = hung(Array(6).fill(TV));
  const places = boxes.map(({ x, y }) => y * 10_000 + x);
  assert.deepEqual(places, places.toSorted((a, b) => a - b));
});

test('nothing hangs where nobody is, or on a stage without room', () => {
  assert.deepEqual(hung([]), []);
  assert.deepEqual(hung([TV, TV], -1, { ...stage, width: 10, height: 10 }), []);
});

test('a shape that is not known, or stranger than a telephone, is one that is', () => {
  assert.deepEqual([ratioOf(0, 0), ratioOf(640, 480), ratioOf(720, 1280)], [TV, 4 / 3, PHONE]);
  assert.deepEqual([ratioOf(2560, 1080), ratioOf(100, 900)], [TV, PHONE]);
});
