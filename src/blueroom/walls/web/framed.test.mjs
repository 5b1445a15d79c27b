import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, load } from '../../design/web/load.mjs';

const { readHeard, readSaid, youtubeSays } = await load('src/blueroom/walls/web/framed.ts');
after(close);

test('frame and page hear one another, and nothing else', () => {
  assert.deepEqual(readSaid({ there: true, ratio: 1.5, isSilenced: true }), { there: true, ratio: 1.5, isSilenced: true });
  assert.deepEqual(readSaid({ there: false, ratio: -1 }), { there: false, ratio: null, isSilenced: false });
  assert.deepEqual([null, 'x', {}, { there: 1 }].map(readSaid), [null, null, null, null]);
  assert.deepEqual([{ heard: true }, { heard: 0 }, null].map(readHeard), [true, null, null]);
});

test('what the YouTube player says tells whether there is a picture', () => {
  const said = [
    { event: 'onStateChange', info: 1 },
    { event: 'infoDelivery', info: { playerState: 3 } },
    { event: 'onStateChange', info: 0 },
    { event: 'infoDelivery', info: { playerState: 2 } },
    { event: 'onError', info: 150 },
    { event: 'infoDelivery', info: { volume: 100 } },
    { event: 'onReady' },
  ].map((one) => youtubeSays(JSON.stringify(one)));
  assert.deepEqual(said, [true, true, false, false, false, null, null]);
  assert.deepEqual(['{', 'null', { event: 'onError' }].map(youtubeSays), [null, null, null]);
});
