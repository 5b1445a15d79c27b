import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, load } from '../../design/web/load.mjs';

const { Pulse } = await load('src/blueroom/walls/web/pulse.ts');
after(close);

/** Feels a player four times a second for so long; `speed` is 1 where it plays, 0 where it stands;
 * `supply` likewise for what comes. */
class Player {
  pulse = new Pulse(0);
  now_ms = 0;
  at_s = 0;
  until_s = 0;
  feel(for_ms, speed, supply = speed) {
    const said = [];
    for (let passed = 0; passed < for_ms; passed += 250) {
      this.now_ms += 250;
      this.at_s += 0.25 * speed;
      this.until_s += 0.25 * supply;
      said.push(this.pulse.feel(this.at_s, this.until_s, this.now_ms));
    }
    return said;
  }
}
const all = (said, is) => said.every((one) => one === is);

test('a picture that plays is there', () => {
  const player = new Player();
  assert.ok(all(player.feel(20_000, 1), true));
  assert.ok(player.pulse.hasMoved);
});

test('a picture is waited for, and not for ever', () => {
  const player = new Player();
  assert.ok(all(player.feel(8_000, 0), true));
  assert.equal(player.feel(2_000, 0).at(-1), false);
  assert.equal(player.pulse.hasMoved, false);
});

test('a player that stumbles as it begins is given time', () => {
  const player = new Player();
  assert.ok(all([...player.feel(500, 1), ...player.feel(4_000, 0), ...player.feel(5_000, 1)], true));
});

test('a picture that stands still leaves, though more of it comes', () => {
  const player = new Player();
  player.feel(5_000, 1);
  assert.ok(all(player.feel(2_000, 0, 1), true));
  assert.equal(player.feel(250, 0, 1).at(-1), false);
});

test('a feed of which nothing comes leaves within three seconds, though its player goes on', () => {
  const player = new Player();
  player.feel(5_000, 1);
  assert.ok(all(player.feel(2_000, 1, 0), true));
  assert.equal(player.feel(500, 1, 0).at(-1), false);
});

test('it comes back when it has gone on for a while, and not before', () => {
  const player = new Player();
  player.feel(5_000, 1);
  player.feel(10_000, 0);
  assert.ok(all(player.feel(1_250, 1), false));
  assert.equal(player.feel(500, 1).at(-1), true);
});

test('a player that plays the last seconds of a dead feed again brings nobody back', () => {
  const player = new Player();
  player.feel(5_000, 1);
  player.feel(6_000, 0);
  player.until_s = 1;
  for (let turn = 0; turn < 3; turn += 1) {
    const again = [...player.feel(500, 0, 4), ...player.feel(2_500, 1, 0), ...player.feel(6_000, 0)];
    assert.ok(all(again, false));
  }
});

test('one that stumbles again and again does not come and go', () => {
  const player = new Player();
  player.feel(5_000, 1);
  player.feel(3_000, 0);
  for (let turn = 0; turn < 5; turn += 1) assert.ok(all([...player.feel(500, 1), ...player.feel(2_500, 0)], false));
});

test('a short halt is no reason to leave', () => {
  const player = new Player();
  player.feel(5_000, 1);
  assert.ok(all([...player.feel(1_500, 0), ...player.feel(250, 1), ...player.feel(1_500, 0)], true));
});

test('whole segments, every two seconds, are enough', () => {
  const player = new Player();
  for (let turn = 0; turn < 8; turn += 1) {
    player.until_s += 2;
    assert.ok(all(player.feel(2_000, 1, 0), true));
  }
});

test('a machine that slept says nothing of the feed', () => {
  const player = new Player();
  player.feel(5_000, 1);
  player.now_ms += 60_000;
  assert.ok(all(player.feel(1_000, 0), true));
  assert.ok(all(player.feel(2_000, 1), true));
});
