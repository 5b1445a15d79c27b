import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, load } from './load.mjs';

const {
  afterStall,
  cureFor,
  isStuck,
  jumpTo,
  marginNow,
  NO_MARGIN,
  waitAfter,
  watch,
  wayToPlay,
} = await load(
  'src/blueroom/design/web/player.ts',
);
after(close);

test('wayToPlay leaves the stream to Apple, and to others by hls.js wherever that works', () => {
  const ways = [
    { hasMediaSource: true, hasNativeHls: true, isApple: true },
    { hasMediaSource: true, hasNativeHls: true, isApple: false },
    { hasMediaSource: true, hasNativeHls: false, isApple: false },
    { hasMediaSource: false, hasNativeHls: true, isApple: false },
    { hasMediaSource: false, hasNativeHls: false, isApple: true },
  ].map(wayToPlay);

  assert.deepEqual(ways, ['native', 'hls', 'hls', 'native', 'none']);
});

test('jumpTo leaves small delays to the playback rate and jumps over large ones', () => {
  const jumps = [[10, 12], [10, 13], [10, 13.1], [10, 40], [40, 10], [10, null], [10, NaN], [10, undefined]];

  assert.deepEqual(jumps.map(([at, edge]) => jumpTo(at, edge)), [null, null, 13.1, 40, null, null, null, null]);
});

test('cureFor waits for the first segment and begins anew only where nothing else helps', () => {
  const failure = { isFatal: true, kind: 'network', details: 'manifestLoadError', status: 503 };
  const cures = [
    cureFor({ ...failure, isFatal: false }, Infinity),
    cureFor({ ...failure, status: 404 }, Infinity),
    cureFor({ ...failure, isFatal: false, status: 404 }, Infinity),
    cureFor({ ...failure, details: 'levelEmptyError', status: 200 }, Infinity),
    cureFor(failure, Infinity),
    cureFor({ isFatal: true, kind: 'media', details: 'bufferAppendError' }, Infinity),
    cureFor({ isFatal: true, kind: 'media', details: 'bufferAppendError' }, 4_000),
    cureFor({ isFatal: true, kind: 'other', details: 'internalException' }, Infinity),
  ];

  assert.deepEqual(cures, ['none', 'wait', 'none', 'wait', 'reload', 'recover', 'rebuild', 'rebuild']);
});

test('waitAfter doubles up to its longest and is never the same for all viewers', () => {
  assert.deepEqual([1, 2, 3, 4, 5, 9].map((n) => waitAfter(n, 1)), [500, 1000, 2000, 4000, 8000, 8000]);
  assert.deepEqual([1, 9].map((n) => waitAfter(n, 0)), [250, 4000]);
});

test('a picture is stuck when it has not moved for six seconds', () => {
  let watched = watch({ at_s: -1, since_ms: 0 }, 4, 1_000);
  watched = watch(watched, 4, 3_000);

  assert.deepEqual(watched, { at_s: 4, since_ms: 1_000 });
  assert.deepEqual([isStuck(watched, 7_000), isStuck(watched, 7_001)], [false, true]);
  assert.equal(isStuck(watch(watched, 4.1, 7_001), 7_001), false);
});

test('a picture that stood still comes later for a while, and longer each time', () => {
  const once = afterStall(NO_MARGIN, 1_000);
  const twice = afterStall(once, 2_000);
  const often = Array.from({ length: 30 }).reduce((margin) => afterStall(margin, 0), NO_MARGIN);

  assert.deepEqual([once.extra_s, twice.extra_s, often.extra_s], [0.4, 0.8, 4]);
  assert.deepEqual([marginNow(once, 21_000).extra_s, marginNow(once, 21_001).extra_s], [0.4, 0]);
  assert.deepEqual([marginNow(twice, 42_000).extra_s, marginNow(twice, 42_001).extra_s], [0.8, 0]);
  assert.equal(afterStall(marginNow(twice, 42_001), 50_000).stalls, 3);
});
