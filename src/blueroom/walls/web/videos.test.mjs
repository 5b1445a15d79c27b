import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, load } from '../../design/web/load.mjs';

const { askedBy, heightFor, Videos } = await load('src/blueroom/walls/web/videos.svelte.ts');
after(close);

const tile = (id, more = {}) => ({
  id, name: `Fan ${id}`, kind: 'fan', question: '', hls: `/hls/m${id}/live.m3u8`, is_on_air: false, width_px: 0, height_px: 0, ...more,
});
const relay = (id, more = {}) => ({ id, name: `Ville ${id}`, place: 'Brest', version: 'a', is_large: false, is_heard: false, ...more });
const keys = (all) => all.map(({ key }) => key);
const live = { state: 'live', hls: '/hls/p/live.m3u8', feed_id: 1, name: 'Inès', kind: 'guest', monitor: '/hls/m/live.m3u8' };
const slate = { ...live, state: 'slate', feed_id: null, name: '', kind: '', monitor: '' };
const first = (more = {}) => ({ session: { state: 'on_air' }, programme: null, tiles: [], relays: [], on_air: null, ...more });
const wall = (more, query = '') => new Videos(first(more), askedBy(query), { isOn: false }, '/w/secret/relays/');

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
  one.still.add('feed 1');
  assert.deepEqual([keys(one.tiles), keys(one.followed)], [['feed 2'], ['feed 1', 'feed 2']]);
  one.still.add('feed 2');
  assert.equal(one.scene, 'single');
  one.still.delete('feed 1');
  assert.equal(one.scene, 'mosaic');
});

test('a wall that lost its right follows nothing and shows nothing', () => {
  const one = wall({ tiles: [tile(1)], programme: live, on_air: { id: 1 } });
  one.status = { state: 'forbidden', since: new Date() };
  assert.deepEqual([one.scene, one.followed], ['detached', []]);
});

test('only the feed on air is heard, and only once somebody wants it', () => {
  const one = wall({ tiles: [tile(1), tile(2, { is_on_air: true })] });
  const heard = () => keys(one.tiles.filter((seen) => one.hears(seen)));
  assert.deepEqual(heard(), []);
  one.heard = true;
  assert.deepEqual(heard(), ['feed 2']);
  one.apply([{ kind: 'tiles', tiles: [tile(1, { is_on_air: true }), tile(2)] }]);
  assert.deepEqual(heard(), ['feed 1']);
});

test('a video from elsewhere hangs beside the feeds; what the crew chose is large, and heard alone', () => {
  const one = wall({ tiles: [tile(1, { is_on_air: true })], relays: [relay(1), relay(2, { is_large: true, is_heard: true })] });
  one.heard = true;
  const large = () => keys(one.tiles.filter(({ isLarge }) => isLarge));
  assert.deepEqual(keys(one.tiles), ['feed 1', 'relay 1', 'relay 2']);
  assert.equal(one.tiles[2].frame, '/w/secret/relays/2?v=a');
  assert.deepEqual([large(), keys(one.tiles.filter((seen) => one.hears(seen)))], [['relay 2'], ['relay 2']]);
  one.still.add('relay 2');
  assert.deepEqual([large(), one.stillRelays], [['feed 1'], [2]]);
  one.apply([{ kind: 'relays', relays: [] }]);
  assert.deepEqual([keys(one.tiles), one.stillRelays], [['feed 1'], []]);
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
  assert.deepEqual(one.state, { session: { state: 'open' }, programme: slate, tiles: [tile(3)], relays: [], on_air: { id: 7 } });
});

test('a long question takes more of the picture than a short one', () => {
  const heights = [10, 100, 258].map((letters) => heightFor('a'.repeat(letters)));
  assert.deepEqual(heights, [...new Set(heights)].toSorted((a, b) => a - b));
});
