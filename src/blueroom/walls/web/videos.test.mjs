import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, load } from '../../design/web/load.mjs';

const { askedBy, heightFor, Videos } = await load('src/blueroom/walls/web/videos.svelte.ts');
after(close);

const tile = (id, more = {}) => ({
  id, name: `Fan ${id}`, kind: 'fan', question: '', hls: `/hls/m${id}/live.m3u8`, is_on_air: false, width_px: 0, height_px: 0, ...more,
});
const live = { state: 'live', hls: '/hls/p/live.m3u8', feed_id: 1, name: 'Inès', kind: 'guest', monitor: '/hls/m/live.m3u8' };
const slate = { ...live, state: 'slate', feed_id: null, name: '', kind: '', monitor: '' };
const first = (more = {}) => ({ session: { state: 'on_air' }, programme: null, tiles: [], on_air: null, ...more });
const wall = (more, query = '') => new Videos(first(more), askedBy(query));

test('the wall chooses by what there is to see', () => {
  const scenes = [{}, { programme: live }, { programme: slate }, { tiles: [tile(1)] }, { tiles: [tile(1)], programme: live }];
  assert.deepEqual(scenes.map((more) => wall(more).scene), ['invite', 'single', 'single', 'mosaic', 'mosaic']);
  assert.equal(wall({ session: { state: 'closed' } }).scene, 'after');
  assert.equal(wall({ session: { state: 'planned' } }).scene, 'invite');
});

test('an address may ask for one layout', () => {
  const both = { tiles: [tile(1)], programme: live };
  assert.equal(wall(both, '?layout=single').scene, 'single');
  assert.equal(wall({ programme: live }, '?layout=mosaic').scene, 'invite');
  assert.equal(wall({ tiles: [tile(1)] }, '?layout=single').scene, 'invite');
  assert.deepEqual(wall(both, '?layout=single').followed, []);
  assert.equal(wall(both, '?layout=anything').scene, 'mosaic');
});

test('the single picture is the programme, or its monitor where the room wants no delay', () => {
  assert.equal(wall({ programme: live }).single, '/hls/p/live.m3u8');
  assert.equal(wall({ programme: live }, '?own=monitor').single, '/hls/m/live.m3u8');
  assert.equal(wall({ programme: slate }, '?own=monitor').single, '/hls/p/live.m3u8');
  assert.equal(wall({}, '?own=monitor').single, '');
});

test('a picture that stands still is not shown, and is followed all the same', () => {
  const one = wall({ tiles: [tile(1), tile(2)], programme: live });
  one.still.add(1);
  assert.deepEqual([one.tiles.map(({ id }) => id), one.followed.map(({ id }) => id)], [[2], [1, 2]]);
  one.still.add(2);
  assert.equal(one.scene, 'single');
  one.still.delete(1);
  assert.equal(one.scene, 'mosaic');
});

test('a wall that lost its right follows nothing and shows nothing', () => {
  const one = wall({ tiles: [tile(1)], programme: live, on_air: { id: 1 } });
  one.status = { state: 'forbidden', since: new Date() };
  assert.deepEqual([one.scene, one.followed], ['detached', []]);
});

test('only the feed on air is heard, and only once somebody wants it', () => {
  const one = wall({ tiles: [tile(1), tile(2, { is_on_air: true })] });
  const heard = () => one.tiles.filter((seen) => one.hears(seen)).map(({ id }) => id);
  assert.deepEqual(heard(), []);
  one.heard = true;
  assert.deepEqual(heard(), [2]);
  one.apply([{ kind: 'tiles', tiles: [tile(1, { is_on_air: true }), tile(2)] }]);
  assert.deepEqual(heard(), [1]);
});

test('changes replace their part and may come twice', () => {
  const one = wall();
  const told = [
    { kind: 'session', session: { state: 'open' } },
    { kind: 'programme', programme: slate },
    { kind: 'tiles', tiles: [tile(3)] },
    { kind: 'on_air', card: { id: 7 } },
  ];
  one.apply(told);
  one.apply(told);
  assert.deepEqual(one.state, { session: { state: 'open' }, programme: slate, tiles: [tile(3)], on_air: { id: 7 } });
});

test('a long question takes more of the picture than a short one', () => {
  const heights = [10, 100, 258].map((letters) => heightFor('a'.repeat(letters)));
  assert.deepEqual(heights, [...new Set(heights)].toSorted((a, b) => a - b));
});
