import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, load } from '../../design/web/load.mjs';

const { Wall, fillersFor, shiftAt, spokenIn, typeset } = await load('src/blueroom/walls/web/wall.svelte.ts');
after(close);

const card = (id) => ({ id, text: 'Pourquoi ?', language: 'fr', network: 'page', askers: 1, author: { name: '', handle: '', place: '' } });
const counts = { posts: 9, questions: 4, answered: 0, curve: [] };
const first = (state, on_air = null, next = []) => ({ session: { state }, on_air, next, counts });

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
  });
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
