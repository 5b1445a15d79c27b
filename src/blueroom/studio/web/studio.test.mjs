import assert from 'node:assert/strict';
import { after, mock, test } from 'node:test';
import { close, load } from '../../design/web/load.mjs';

const from = 'src/blueroom/studio/web';
const { commandOf, Dumping } = await load(`${from}/keys.ts`);
const { clockOf, markTime } = await load(`${from}/marks.ts`);
after(close);

const press = (key, code = `Key${key.toUpperCase()}`, more = {}) =>
  commandOf({ key, code, ctrlKey: false, metaKey: false, altKey: false, ...more });

test('commandOf goes by the letter, digits by their place', () => {
  assert.deepEqual(press('s'), { kind: 'slate' });
  assert.deepEqual(press('M', 'Semicolon'), { kind: 'mute' }); // AZERTY
  assert.deepEqual(press('ы', 'KeyS'), { kind: 'slate' });
  assert.deepEqual(press('&', 'Digit1'), { kind: 'feed', number: 1 }); // AZERTY
  assert.deepEqual(press('9', 'Numpad9'), { kind: 'feed', number: 9 });
  assert.deepEqual([press('s', 'KeyS', { ctrlKey: true }), press('q'), press('0', 'Digit0')], [null, null, null]);
});

function makeDumping() {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  let now_ms = 0;
  const done = [];
  const dumping = new Dumping(() => done.push('dump'), (isWarned) => done.push(isWarned), () => now_ms);
  const pass = (ms) => {
    now_ms += ms;
    mock.timers.tick(ms);
  };
  return { dumping, done, pass };
}

test('one short press only warns', () => {
  const { dumping, done, pass } = makeDumping();
  dumping.press();
  pass(100);
  dumping.release();
  pass(5_000);

  assert.deepEqual(done, [true, false]);
});

test('a held key dumps, once', () => {
  const { dumping, done, pass } = makeDumping();
  dumping.press();
  pass(5_000);
  dumping.release();

  assert.deepEqual(done, [true, false, 'dump']);
});

test('two presses dump, two far apart do not', () => {
  const { dumping, done, pass } = makeDumping();
  for (const wait of [100, 1_500, 100]) {
    dumping.press();
    dumping.release();
    pass(wait);
  }

  assert.deepEqual(done, [true, false, 'dump', true]);
  pass(1_200);
  assert.deepEqual(done.at(-1), false);
});

const at = (second) => new Date(Date.UTC(2026, 10, 23, 20, 0, second));
const seen = [
  { key: 'programme', at: at(20) },
  { key: '4', at: at(28) },
  { key: '5', at: null },
  { key: '6', at: 'now' },
];

test('markTime goes by what is heard, then by what is on air, then by the programme', () => {
  const marked = [
    { heard: 'programme', onAir: '4' },
    { heard: null, onAir: '4' },
    { heard: '5', onAir: '4' },
    { heard: '6', onAir: '4' },
    { heard: null, onAir: '9' },
    { heard: null, onAir: null },
  ].map((around) => markTime(seen, { ...around, now: at(30) }));

  assert.deepEqual(marked, [at(20), at(28), at(28), null, at(20), at(20)]);
});

test('markTime does not believe a clock that is far off', () => {
  const far = (now) => markTime([{ key: '4', at: at(30) }], { heard: null, onAir: '4', now });

  assert.deepEqual([far(at(29)), far(at(89)), far(at(90))], [null, at(30), null]);
  assert.equal(markTime([], { heard: null, onAir: null, now: at(0) }), null);
});

test('clockOf counts hours only where there are any', () => {
  assert.deepEqual([-1, 7_900, 760_000, 3_760_000].map(clockOf), ['0:00', '0:07', '12:40', '1:02:40']);
});
