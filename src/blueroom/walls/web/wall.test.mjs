import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, load } from '../../design/web/load.mjs';

const { Wall, fillersFor, focused, placed, shiftAt, spokenIn, typeset } = await load('src/blueroom/walls/web/wall.svelte.ts');
after(close);

const card = (id) => ({ id, text: 'Pourquoi ?', language: 'fr', network: 'page', askers: 1, author: { name: '', handle: '', place: '' } });
const counts = { posts: 9, questions: 4, answered: 0, curve: [] };
const none = { scenes: [], voices: [], answered: [], live: null };
const first = (state, on_air = null, next = []) => ({ session: { state }, on_air, next, counts, ...none });

test('the scene follows the session, and a question on air goes before all', () => {
  const scenes = ['planned', 'open', 'on_air', 'closed'].map((state) => new Wall(first(state)).scene);
  assert.deepEqual(scenes, ['before', 'before', 'between', 'after']);
  assert.equal(new Wall(first('open', card(1))).sceneKey, 'question 1');
});

test('a wall that lost its right shows no question', () => {
  const wall = new Wall(first('on_air', card(1)));
  wall.status = { state: 'forbidden', since: new Date() };
  assert.equal(wall.sceneKey, 'detached');
});

test('changes replace their part and may come twice', () => {
  const wall = new Wall(first('open'));
  const told = [
    { kind: 'session', session: { state: 'on_air' } },
    { kind: 'on_air', card: card(7) },
    { kind: 'next', cards: [card(8)] },
    { kind: 'counts', counts: { ...counts, posts: 10 } },
  ];
  wall.apply(told);
  wall.apply(told);
  assert.deepEqual(wall.state, {
    session: { state: 'on_air' },
    on_air: card(7),
    next: [card(8)],
    counts: { ...counts, posts: 10 },
    ...none,
  });
});

const since = '2026-11-23T20:00:00Z';
const chosen = (more) => ({ link_id: 5, scene: 'auto', layout: 'one', focus_id: null, advance_s: 0, since, ...more });

test('a scene is shown where it is chosen for this wall and has something to show', () => {
  const shows = (more, state = first('on_air', card(1), [card(2)])) =>
    new Wall({ ...state, voices: [card(1), card(2)], scenes: [chosen(more)] }, 5).scene;
  assert.equal(shows({ link_id: 6, scene: 'slate' }), 'question');
  assert.equal(shows({ scene: 'slate' }), 'slate');
  assert.equal(shows({ scene: 'call' }), 'between');
  assert.equal(shows({ scene: 'next' }), 'next');
  assert.equal(shows({ scene: 'next' }, first('on_air')), 'between');
  assert.equal(shows({ scene: 'answered' }), 'question');
  assert.equal(shows({ scene: 'video' }), 'question');
  assert.equal(shows({ scene: 'thanks' }), 'after');
  assert.equal(shows({ layout: 'three' }), 'three');
  assert.equal(shows({ layout: 'voices' }, first('closed')), 'after');
  assert.equal(shows({ scene: 'question', layout: 'voices' }, first('closed')), 'voices');
});

test('the focus stands where it was put, and goes round by itself', () => {
  const at = (s) => new Date(Date.parse(since) + s * 1000);
  assert.equal(focused([7, 8, 9], chosen({ focus_id: 8 }), at(100)), 8);
  assert.equal(focused([7, 8, 9], chosen({ focus_id: 3 }), at(100)), null);
  assert.equal(focused([7, 8, 9], chosen({ focus_id: 8, advance_s: 10 }), at(9)), 8);
  assert.equal(focused([7, 8, 9], chosen({ focus_id: 8, advance_s: 10 }), at(25)), 7);
  assert.equal(focused([7, 8, 9], chosen({ advance_s: 10 }), at(10)), 8);
  assert.equal(focused([], chosen({ advance_s: 10 }), at(10)), null);
});

test('as many voices stand on the wall as it holds, the one in focus always', () => {
  const many = Array.from({ length: 12 }, (_, id) => ({ ...card(id), text: 'a'.repeat(id % 2 ? 150 : 50) }));
  const cells = (focus) => placed(many, focus).reduce((sum, one) => sum + one.cells, 0);
  assert.ok(cells(null) <= 16);
  assert.ok(cells(11) <= 16);
  assert.equal(placed(many, 11).at(-1).card.id, 11);
});

test('the aside is always full, and tells no figure of nought', () => {
  const fillers = (scene, next, more = {}) => fillersFor(scene, { next, counts: { ...counts, ...more } });
  assert.deepEqual(fillers('question', [card(1), card(2), card(3)]), []);
  assert.deepEqual(fillers('question', [card(1)]), ['ask', 'posts']);
  assert.deepEqual(fillers('before', [], { posts: 0, questions: 0 }), ['how', 'back', 'title']);
  assert.deepEqual(fillers('after', []), ['questions', 'posts', 'title']);
  for (const scene of ['question', 'between', 'before', 'after']) {
    assert.equal(fillers(scene, [], { posts: 0, questions: 0 }).length, 3);
  }
});

test('typeset leaves no question mark alone on a line', () => {
  assert.equal(typeset('Le matin ? « Oui » !'), 'Le matin\u00a0? «\u00a0Oui\u00a0»\u00a0!');
});

test('the wall moves a little every few minutes and never far', () => {
  const turns = Array.from({ length: 60 }, (_, minute) => shiftAt(new Date(minute * 60_000)));
  assert.ok(turns.every(([x, y]) => Math.abs(x) <= 3 && Math.abs(y) <= 3));
  assert.deepEqual(turns[0], turns[3]);
  assert.notDeepEqual(turns[3], turns[4]);
});

test('a wall speaks its own language first', () => {
  assert.deepEqual(spokenIn('fr', ['en', 'fr']), ['fr', 'en']);
  assert.deepEqual(spokenIn('en', ['en']), ['en']);
});
