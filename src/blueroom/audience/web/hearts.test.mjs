import assert from 'node:assert/strict';
import { after, mock, test } from 'node:test';
import { close, load } from '../../design/web/load.mjs';

const { Batch, MOST_A_BATCH, MOST_FLYING, sendHearts, sizeOf, spreadOf, takeOff } = await load(
  'src/blueroom/audience/web/hearts.ts',
);
const { Hearts } = await load('src/blueroom/audience/web/hearts.svelte.ts');
after(close);

globalThis.document = { hidden: false };
const moving = () => false;

test('taps are gathered for a moment, and sent once a second at most', () => {
  const batch = new Batch();
  const nothing = batch.dueIn(10_000);
  batch.tap(10_000);
  batch.tap(10_100);
  const first = [batch.dueIn(10_100), batch.take(10_250), batch.dueIn(10_250)];
  batch.tap(10_300);
  const whileOut = batch.dueIn(10_300);
  batch.came(true, 10_400);
  const second = [batch.dueIn(10_400), batch.dueIn(11_250), batch.take(11_250)];

  assert.equal(nothing, null);
  assert.deepEqual(first, [150, 2, null]);
  assert.equal(whileOut, null);
  assert.deepEqual(second, [850, 0, 1]);
});

test('a slow server is left alone for three quarters of the time', () => {
  const batch = new Batch();
  batch.tap(0);
  batch.take(250);
  batch.came(true, 1_250);
  batch.tap(1_250);

  assert.equal(batch.dueIn(1_250), 3_000);
});

test('a batch holds five taps; more do not count', () => {
  const batch = new Batch();

  const counted = Array.from({ length: 7 }, () => batch.tap(0));

  assert.deepEqual(counted, [true, true, true, true, true, false, false]);
  assert.equal(batch.take(250), MOST_A_BATCH);
});

test('whoever is refused waits twice as long each time, up to sixteen seconds, and others apart', () => {
  const batch = new Batch();
  const waits = [];
  for (let time = 1; time <= 6; time += 1) {
    batch.tap(0);
    batch.take(0);
    batch.came(false, 0, 0.5);
    batch.tap(0);
    waits.push(batch.dueIn(0));
  }
  batch.take(0);
  batch.came(true, 0);
  batch.tap(20_000);
  batch.take(20_000);
  batch.came(true, 20_100);
  batch.tap(20_100);

  assert.deepEqual(waits, [2_000, 4_000, 8_000, 16_000, 16_000, 16_000]);
  assert.equal(batch.dueIn(20_100), 900);
  const spread = [0, 1].map((random) => {
    const refused = new Batch();
    refused.tap(0);
    refused.take(0);
    refused.came(false, 0, random);
    refused.tap(0);
    return refused.dueIn(0);
  });
  assert.deepEqual(spread, [1_500, 2_500]);
});

test('few hearts fly as they are, many as a few larger ones, and never more than fit', () => {
  assert.deepEqual([0, 1, 3, 125].map((hearts) => takeOff(hearts, 250, 0)), [0, 1, 3, 3]);
  assert.deepEqual([22, 23, 24, 30].map((flying) => takeOff(9, 250, flying)), [2, 1, 0, 0]);
  assert.deepEqual([1, 3, 30, 30_000].map((hearts) => sizeOf(hearts, 250)), [1, 1, 1.4, 1.8]);
});

test('where beats are further apart, more hearts take off in one, over a longer time', () => {
  assert.deepEqual([90, 250, 1_000, 60_000].map(spreadOf), [250, 250, 1_000, 250]);
  assert.deepEqual([takeOff(125, 1_000, 0), sizeOf(120, 1_000)], [12, 1.4]);
});

test('a tap is shown at once and not again when the server tells it', () => {
  const hearts = new Hearts(() => new Promise(() => {}), 40, moving);
  hearts.tap();
  hearts.tap();
  const atOnce = [hearts.own, hearts.flying.map(({ isOwn }) => isOwn)];
  hearts.hear(42);
  const told = [hearts.own, hearts.flying.length];
  hearts.hear(43);
  hearts.stop();

  assert.deepEqual(atOnce, [2, [true, true]]);
  assert.deepEqual(told, [0, 2]);
  assert.deepEqual(hearts.flying.map(({ isOwn }) => isOwn), [true, true, false]);
});

test('at most twenty-four fly, and those that landed make room', () => {
  const hearts = new Hearts(() => new Promise(() => {}), 0, moving);
  for (let told = 500; told <= 10_000; told += 500) hearts.hear(told);
  const full = hearts.flying.length;
  const [first, second] = hearts.flying;
  hearts.landed(first.id);
  hearts.hear(10_001);

  assert.equal(full, MOST_FLYING);
  assert.equal(hearts.flying.length, MOST_FLYING);
  assert.equal(hearts.flying[0].id, second.id);
});

test('nothing flies where nothing shall move, or nobody looks', () => {
  const still = new Hearts(() => new Promise(() => {}), 0, () => true);
  const hidden = new Hearts(() => new Promise(() => {}), 0, moving);
  still.tap();
  still.hear(9);
  document.hidden = true;
  hidden.hear(9);
  document.hidden = false;
  still.stop();

  assert.deepEqual([still.flying, hidden.flying, still.own], [[], [], 0]);
});

test('batches go out by themselves; what was lost is taken back, and the next one waits', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 50_000 });
  const sent = [];
  const hearts = new Hearts(
    async (number) => {
      sent.push([Date.now(), number]);
      return sent.length !== 2;
    },
    0,
    moving,
  );
  const settle = async (passed_ms) => {
    mock.timers.tick(passed_ms);
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  };
  hearts.tap();
  await settle(250);
  hearts.tap();
  hearts.tap();
  await settle(1_000);
  const afterLoss = hearts.own;
  hearts.tap();
  await settle(1_400);
  const waiting = sent.length;
  await settle(1_200);
  await settle(5_000);
  mock.timers.reset();

  assert.deepEqual(sent.slice(0, 2), [[50_250, 1], [51_250, 2]]);
  assert.equal(afterLoss, 1);
  assert.equal(waiting, 2);
  assert.deepEqual([sent.length, sent[2][1]], [3, 1]);
  assert.equal(hearts.own, 0);
});

test('sendHearts says whether the server took them, and never raises', async (context) => {
  const asked = [];
  const answers = [{ ok: true }, { ok: false }, new TypeError('offline')];
  context.mock.method(globalThis, 'fetch', async (url, { method, headers, body }) => {
    asked.push([url, method, headers['X-CSRFToken'], body]);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  });

  const taken = [];
  for (const number of [1, 2, 3]) taken.push(await sendHearts('/s/a/hearts', 'token', number));

  assert.deepEqual(taken, [true, false, false]);
  assert.deepEqual(asked[0], ['/s/a/hearts', 'POST', 'token', '{"hearts":1}']);
});
