import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, load } from '../../design/web/load.mjs';

const from = 'src/blueroom/studio/web';
const { barOf, Hearing, isSmall, levelOf, lightFor, lightnessOf, troubleOf } = await load(`${from}/checks.ts`);
const { lineNow, optionsFor, qualityOf, wayToRecord } = await load(`${from}/recording.ts`);
after(close);

test('levelOf measures in dBFS', () => {
  const square = new Float32Array(100).fill(0.5).map((value, at) => (at % 2 ? value : -value));
  const { rms_db, peak_db } = levelOf(square);

  assert.deepEqual([rms_db.toFixed(1), peak_db.toFixed(1)], ['-6.0', '-6.0']);
  assert.deepEqual(levelOf(new Float32Array(10)), { rms_db: -100, peak_db: -100 });
  assert.deepEqual(levelOf(new Float32Array(0)), { rms_db: -100, peak_db: -100 });
  assert.deepEqual([-100, -60, -30, 0, 3].map(barOf), [0, 0, 0.5, 1, 1]);
});

test('Hearing remembers speech through its pauses, not for ever', () => {
  const hearing = new Hearing();
  const heard = [hearing.sound];
  hearing.take({ rms_db: -55, peak_db: -40 }, 0);
  heard.push(hearing.sound);
  hearing.take({ rms_db: -20, peak_db: -8 }, 100);
  hearing.take({ rms_db: -90, peak_db: -80 }, 4_000);
  heard.push(hearing.sound);
  hearing.take({ rms_db: -90, peak_db: -80 }, 4_200);
  heard.push(hearing.sound);
  for (const at of [4_300, 4_400, 4_500]) hearing.take({ rms_db: -3, peak_db: 0 }, at);
  heard.push(hearing.sound);

  assert.deepEqual(heard, ['none', 'quiet', 'good', 'none', 'loud']);
});

test('light is judged by the mean lightness', () => {
  const grey = (value) => [value, value, value, 255, value, value, value, 255];

  assert.equal(Math.round(lightnessOf(grey(120))), 120);
  assert.equal(lightnessOf([]), 0);
  assert.deepEqual([20, 120, 240].map((value) => lightFor(lightnessOf(grey(value)))), ['dark', 'good', 'bright']);
});

test('troubleOf tells what a person can do about it', () => {
  const names = ['NotAllowedError', 'NotFoundError', 'OverconstrainedError', 'NotReadableError', 'TypeError'];

  assert.deepEqual(names.map(troubleOf), ['denied', 'none', 'none', 'in_use', 'unknown']);
  assert.deepEqual([isSmall(640, 480), isSmall(720, 1280), isSmall(1280, 720)], [true, false, false]);
});

test('wayToRecord takes H.264 wherever there is any', () => {
  const first = (...able) => wayToRecord((mime) => able.some((part) => mime.includes(part)))?.mime;

  assert.equal(first('webm', 'mp4'), 'video/webm;codecs=h264,opus');
  assert.equal(first('mp4a'), 'video/mp4;codecs=avc1,mp4a.40.2');
  assert.equal(first('vp8'), 'video/webm;codecs=vp8,opus');
  assert.equal(first(), undefined);
  const mp4 = wayToRecord((mime) => mime.includes('avc1.'));
  assert.deepEqual(optionsFor(mp4, 600_000), {
    mimeType: 'video/mp4;codecs=avc1.42E01F,opus',
    videoBitsPerSecond: 600_000,
    audioBitsPerSecond: 128_000,
    videoKeyFrameIntervalDuration: 1_000,
  });
});

test('lineNow takes less from a line that does not keep up, more after a good minute', () => {
  let line = { video_bps: 2_500_000, chosenAt_ms: -60_000, inTimeSince_ms: null };
  const rates = [];
  const seen = [[100, 0], [4_100, 1_000], [6_000, 2_000], [9_000, 12_000], [9_000, 90_000], [100, 95_000], [100, 155_001]];
  for (const [behind, now] of seen) {
    line = lineNow(line, behind, now);
    rates.push(line.video_bps);
  }

  assert.deepEqual(rates, [2_500_000, 1_200_000, 1_200_000, 600_000, 600_000, 600_000, 1_200_000]);
});

test('qualityOf does not take the slices of MP4 for a delay', () => {
  assert.deepEqual(
    [qualityOf(false, 0, 100), qualityOf(true, 300, 100), qualityOf(true, 2_000, 100), qualityOf(true, 2_000, 1_000), qualityOf(true, 9_000, 100)],
    ['cut', 'good', 'slow', 'good', 'bad'],
  );
});
