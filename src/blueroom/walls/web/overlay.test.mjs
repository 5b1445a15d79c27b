import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, load } from '../../design/web/load.mjs';

const { isLost, lineAt, optionsOf } = await load('src/blueroom/walls/web/overlay.ts');
after(close);

test('an address without options shows everything', () => {
  assert.deepEqual(optionsOf(''), {
    parts: new Set(['question', 'ticker', 'qr', 'countdown', 'slate']),
    side: 'left',
    scale: 1,
    stale_s: 25,
    hold_s: 0,
  });
});

test('options are taken within reason', () => {
  assert.deepEqual(optionsOf('?parts=qr,question,nonsense&side=right&scale=9&stale=3&hold=20'), {
    parts: new Set(['question', 'qr']),
    side: 'right',
    scale: 3,
    stale_s: 25,
    hold_s: 20,
  });
  assert.equal(optionsOf('?scale=0,8').scale, 0.8);
  assert.equal(optionsOf('?scale=large').scale, 1);
});

test('nothing is shown once the server was lost for long, or the address was withdrawn', () => {
  const since = new Date(1_000_000);
  const stale = { state: 'stale', since };
  assert.equal(isLost(null, 9_000_000, 25), false);
  assert.equal(isLost({ state: 'live', since }, 9_000_000, 25), false);
  assert.equal(isLost(stale, 1_024_999, 25), false);
  assert.equal(isLost(stale, 1_025_000, 25), true);
  assert.equal(isLost({ state: 'forbidden', since }, 1_000_000, 25), true);
});

test('the ticker goes round', () => {
  const shown = [0, 9, 18, 27].map((s) => lineAt(new Date(s * 1000), 3));
  assert.deepEqual(shown, [0, 1, 2, 0]);
  assert.equal(lineAt(new Date(5000), 0), 0);
});
