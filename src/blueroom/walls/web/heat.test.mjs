import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, load } from '../../design/web/load.mjs';

const from = (name) => load(`src/blueroom/walls/web/heat/${name}.ts`);
const { Points, unpack } = await from('points');
const { frameAsked, frameNamed, frameText, ownFrame, Projector, projectionOf } = await from('frames');
const { barsOf, marksOf, postsAt, questionAt, spanOf, ticksOf, withTail } = await from('timeline');
const { GRID, HeatGrid } = await from('grid');
const { Tally } = await from('tally');
const { Heat, askedBy } = await from('heat.svelte');
after(close);

const LYON = { code: '1', level: 'city', fr: 'Lyon', en: 'Lyon', lat: 45.76, lon: 4.84 };
const OISE = { code: 'FR', level: 'country', fr: 'France', en: 'France', lat: 47, lon: 2 };
const SIZE = { width: 1920, height: 1080 };

/** Columns of points given as [x, y, second, place]. */
function columns(points) {
  const column = (number) => points.map((point) => point[number]);
  return {
    count: points.length,
    x: Uint16Array.from(column(0)),
    y: Uint16Array.from(column(1)),
    at_s: Float64Array.from(column(2)),
    place: Uint16Array.from(column(3)),
  };
}
const told = (revision, since, added, gone = [], places = [LYON, OISE]) => ({
  revision,
  since,
  added: columns(added),
  gone: columns(gone),
  places,
});
const listed = (points) =>
  Array.from({ length: points.count }, (_, i) => [points.x[i], points.y[i], points.at_s[i], points.place[i]]);

test('points are read as the server packs them', () => {
  const part = (count, began_s, jumps) => ({ count, began_s, jumps });
  const head = { revision: 7, since: 3, added: part(3, 1000, [[2, 90_000]]), gone: part(1, 50, []), places: [LYON] };
  let text = JSON.stringify(head);
  if (text.length % 2) text += ' ';
  const numbers = [1, 2, 3, 11, 12, 13, 0, 5, 65_535, 0, 0, 65_535, 9, 8, 0, 0];
  const body = new ArrayBuffer(4 + text.length + 2 * numbers.length);
  new DataView(body).setUint32(0, text.length, true);
  new Uint8Array(body, 4).set(new TextEncoder().encode(text));
  new Uint16Array(body, 4 + text.length).set(numbers);

  const packed = unpack(body);

  assert.deepEqual([packed.revision, packed.since], [7, 3]);
  assert.deepEqual([...packed.added.at_s], [1000, 1005, 91_005]);
  assert.deepEqual([...packed.added.place], [0, 0, 65_535]);
  assert.deepEqual([packed.gone.x[0], packed.gone.at_s[0]], [9, 50]);
});

test('points that come late stand where their time is, and any equal one goes', () => {
  const points = new Points();
  points.take(told(1, 0, [[1, 1, 10, 0], [2, 2, 20, 0], [2, 2, 20, 0]]));
  const first = points.edition;

  assert.equal(points.take(told(2, 1, [[3, 3, 30, 0]])), true);
  assert.equal(points.edition, first);
  assert.equal(points.take(told(3, 2, [[4, 4, 15, 1]], [[2, 2, 20, 0]])), true);

  assert.deepEqual(listed(points), [[1, 1, 10, 0], [4, 4, 15, 1], [2, 2, 20, 0], [3, 3, 30, 0]]);
  assert.ok(points.edition > first);
  assert.deepEqual([9, 10, 20, 99].map((s) => points.countAt(s)), [0, 1, 3, 4]);
});

test('places keep their numbers whatever message names them', () => {
  const points = new Points();
  points.take(told(1, 0, [[1, 1, 10, 0]]));

  points.take(told(2, 1, [[1, 1, 11, 0], [1, 1, 12, 65_535]], [], [OISE]));

  assert.deepEqual([...points.place.slice(0, 3)], [0, 1, 65_535]);
  assert.deepEqual(points.places, [LYON, OISE]);
});

test('a change that does not follow on what is known is not taken', () => {
  const points = new Points();
  points.take(told(5, 0, [[1, 1, 10, 0]]));

  assert.equal(points.take(told(9, 7, [[2, 2, 20, 0]])), false);
  assert.equal(points.take(told(4, 3, [[2, 2, 20, 0]])), true);
  assert.equal(points.count, 1);
});

for (const frame of [frameNamed('europe'), frameNamed('france'), frameNamed('world'), ownFrame(-33.9, 151.2, 400)]) {
  test(`points lie where d3 draws the land: ${frameText(frame)}`, () => {
    const projector = new Projector();
    const projection = projectionOf(frame, SIZE);
    const cells = { x: new Uint16Array(500), y: new Uint16Array(500) };
    for (let i = 0; i < 500; i += 1) {
      cells.x[i] = (i * 7919) % 65_536;
      cells.y[i] = 2000 + ((i * 104_729) % 61_000);
    }
    const place = { across: new Float32Array(500), down: new Float32Array(500) };
    projector.place(cells, 0, 500, frame, SIZE, place);
    let seen = 0;
    for (let i = 0; i < 500; i += 1) {
      const [lon, lat] = [(cells.x[i] / 65_536) * 360 - 180, 90 - (cells.y[i] / 65_536) * 180];
      const [x, y] = projection([lon, lat]);
      const isInside = x >= 0 && y >= 0 && x < SIZE.width && y < SIZE.height;
      if (!isInside || place.across[i] < 0) continue;
      seen += 1;
      assert.ok(Math.hypot(place.across[i] * SIZE.width - x, place.down[i] * SIZE.height - y) < 0.6);
    }
    const [lon, lat] = projection.invert([960, 540]);
    const middle = { x: Uint16Array.of(Math.round(((lon + 180) / 360) * 65_536)), y: Uint16Array.of(Math.round(((90 - lat) / 180) * 65_536)) };
    projector.place(middle, 0, 1, frame, SIZE, place);
    assert.ok(Math.abs(place.across[0] - 0.5) < 0.02 && Math.abs(place.down[0] - 0.5) < 0.02);
    if (frame.name !== 'own' && frame.name !== 'france') assert.ok(seen > 20);
  });
}

test('an address asks for a frame by name or by place, and gets Europe for anything else', () => {
  assert.deepEqual(frameAsked('48.85,2.35,300'), { name: 'own', lat: 48.85, lon: 2.35, width_km: 300 });
  assert.deepEqual(frameAsked(frameText(ownFrame(48.85, 2.35, 300))), ownFrame(48.85, 2.35, 300));
  assert.deepEqual(frameAsked('1,2,0.1').width_km, 20);
  for (const wrong of [null, '', '1,2', 'a,b,c', 'own', '1,2,NaN']) assert.equal(frameAsked(wrong).name, 'europe');
});

const minute = (n) => new Date(Date.UTC(2026, 10, 23, 20, n)).toISOString();
const at = (n) => new Date(minute(n)).getTime() / 1000;
const counts = { posts: 100, from_at: minute(0), curve: [10, 0, 20] };

test('posts are counted at any moment, those before the curve too', () => {
  assert.deepEqual([-1, 0.5, 1, 2.5, 9].map((n) => postsAt(counts, at(0) + n * 60)), [70, 75, 80, 90, 100]);
});

test('a tail takes the place of the last minutes', () => {
  assert.deepEqual(withTail(counts, { posts: 104, from_at: minute(2), curve: [22, 2] }), { posts: 104, from_at: minute(0), curve: [10, 0, 22, 2] });
  assert.deepEqual(withTail(counts, { posts: 101, from_at: minute(5), curve: [1] }).curve, [10, 0, 20, 0, 0, 1]);
  assert.deepEqual(withTail(counts, { posts: 101, from_at: null, curve: [] }), { ...counts, posts: 101 });
});

test('the timeline spans the hour, not the days of collecting before it', () => {
  const moments = [{ kind: 'opened', at: minute(-9), text: '' }];
  const session = { on_air_at: null };
  assert.deepEqual(spanOf(counts, session, moments, at(30)), { from_s: at(-9), until_s: at(30) });
  const early = [{ kind: 'opened', at: minute(-5000), text: '' }];
  assert.deepEqual(spanOf(counts, session, early, at(30)).from_s, at(0));
  const days = { ...counts, from_at: minute(-1400) };
  assert.equal(spanOf(days, { on_air_at: minute(0) }, [], at(30)).from_s, at(-360));
  const closed = [{ kind: 'closed', at: minute(45), text: '' }];
  assert.equal(spanOf(counts, session, closed, at(900)).until_s, at(45));
});

test('bars stand in their minutes, the highest whole', () => {
  const bars = barsOf(counts, { from_s: at(0), until_s: at(10) });
  assert.equal(bars.length, 10);
  assert.deepEqual(bars.slice(0, 3), [Math.sqrt(0.5), 0, 1]);
  assert.deepEqual(ticksOf({ from_s: at(1), until_s: at(31) }), [5, 10, 15, 20, 25, 30].map(at));
});

test('questions are numbered, and the one on air at a moment is found', () => {
  const moments = [
    { kind: 'question', at: minute(-900), text: 'A ?' },
    { kind: 'on_air', at: minute(1), text: '' },
    { kind: 'question', at: minute(2), text: 'B ?' },
  ];
  const marks = marksOf(moments, { from_s: at(0), until_s: at(10) });
  assert.deepEqual(marks.map(({ kind, number }) => [kind, number]), [['on_air', 0], ['question', 2]]);
  assert.equal(questionAt(marks, at(3)).text, 'B ?');
  assert.equal(questionAt(marks, at(1)), null);
});

/** Points at cells of the grid, given as [cell, second, is it wide]. */
const heated = (given) => ({
  at_s: Float64Array.from(given.map(([, s]) => s)),
  cell: Int32Array.from(given.map(([cell]) => cell)),
  isWide: Uint8Array.from(given.map(([, , wide]) => wide ?? 0)),
  countAt: (moment) => given.filter(([, s]) => s <= moment).length,
});
const ramp = Uint32Array.from({ length: 256 }, (_, i) => i);
const CENTRE = 135 * GRID.width + 240;

function painted(grid, points, moment) {
  const pixels = new Uint32Array(GRID.width * GRID.height);
  grid.show(points, moment);
  grid.paint(pixels, ramp);
  return pixels;
}

test('heat is where posts are, fades with time, and any moment is as if one had waited for it', () => {
  const points = heated([[CENTRE, 100], [CENTRE, 101], [10, 400]]);
  const fresh = painted(new HeatGrid(300, 5), points, 101);
  assert.ok(fresh[CENTRE] > 20 && fresh[10] === 0);

  const grid = new HeatGrid(300, 5);
  for (const moment of [100, 200, 300]) grid.show(points, moment);
  const waited = painted(grid, points, 400);
  const jumped = painted(new HeatGrid(300, 5), points, 400);
  assert.ok(Math.abs(waited[CENTRE] - jumped[CENTRE]) <= 1 && Math.abs(waited[10] - jumped[10]) <= 1);
  assert.ok(jumped[CENTRE] < fresh[CENTRE]);
});

test('a country is a cloud, wider and fainter than a town', () => {
  const town = painted(new HeatGrid(300, 5), heated([[CENTRE, 100]]), 100);
  const land = painted(new HeatGrid(300, 5), heated([[CENTRE, 100, 1], [10, 100]]), 100);
  assert.ok(land[CENTRE] < town[CENTRE]);
  assert.ok(land[CENTRE + 18] > 0 && town[CENTRE + 18] === 0);
});

test('towns are counted at any moment, countries beside them', () => {
  const points = new Points();
  points.take(told(1, 0, [[1, 1, 10, 0], [1, 1, 20, 1], [1, 1, 30, 65_535], [1, 1, 40, 0]]));
  const tally = new Tally(points);
  assert.deepEqual(tally.at(40, 6), { located: 4, wide: 1, top: [{ place: LYON, posts: 2 }] });
  assert.deepEqual(tally.at(15, 6), { located: 1, wide: 0, top: [{ place: LYON, posts: 1 }] });
});

const first = {
  session: { state: 'open', on_air_at: null },
  counts,
  moments: [],
  revision: 1,
};
const opened = (fetch, query = '', state = first) => new Heat(state, askedBy(query), fetch, () => at(30));

test('what is missing between a snapshot and the stream is fetched', async () => {
  const asked = [];
  const answers = [told(1, 0, [[1, 1, at(1), 0]]), told(4, 1, [[2, 2, at(2), 0]])];
  const heat = opened(async (after) => (asked.push(after), answers.shift()));
  await heat.catchUp(1);
  const points = (id, since) => ({ kind: 'points', id, since, is_whole: true, added: [3, 3, at(3), 0], places: [LYON] });

  heat.apply([points(4, 3)]);
  await new Promise((done) => setTimeout(done));
  heat.apply([points(5, 4), { kind: 'moments', moments: [{ kind: 'on_air', at: minute(1), text: '' }] }]);

  assert.deepEqual(asked, [0, 1]);
  assert.deepEqual(listed(heat.points).map(([x]) => x), [1, 2, 3]);
  assert.equal(heat.marks.length, 1);
});

test('a replay goes as fast as asked, stops at the end, and live is behind by two seconds', () => {
  const heat = opened(async () => null, '?speed=120');
  assert.equal(heat.moment_s, at(30) - 2);

  heat.turn();
  heat.advance(2);
  assert.deepEqual([heat.isReplay, heat.moment_s], [true, at(0) + 240]);
  heat.advance(3600);
  heat.advance(1);
  assert.deepEqual([heat.isPlaying, heat.moment_s], [false, at(30)]);
  heat.seek(at(5));
  assert.deepEqual([heat.isPlaying, heat.posts], [false, 100]);
  heat.goLive();
  assert.deepEqual([heat.isReplay, heat.moment_s], [false, at(30) - 2]);
});

test('after the session the map goes through it again and again', () => {
  const heat = opened(async () => null, '', { ...first, session: { state: 'closed', on_air_at: null } });
  for (let i = 0; i < 10; i += 1) heat.advance(10);
  assert.deepEqual([heat.isReplay, heat.isPlaying], [true, true]);
});

test('frames follow one another, and the address keeps the one that is shown', () => {
  const heat = opened(async () => null, '?frame=france&coasts');
  assert.deepEqual(heat.query, { frame: 'france', coasts: '' });
  heat.lookOn();
  heat.move({ zoom: 0.5 });
  assert.equal(heat.frame.name, 'own');
  heat.lookOn();
  assert.deepEqual(heat.query, { frame: null, coasts: '' });
});
