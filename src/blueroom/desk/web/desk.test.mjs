import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, load } from '../../design/web/load.mjs';

const at = (name) => load(`src/blueroom/desk/web/${name}`);
const { commandOf } = await at('keys.ts');
const { inSight, rowAt, scrolledTo, topOf } = await at('place.ts');
const { countOf, marked, matches, obstacle, readerOf, stepsOf, wordsIn } = await at('rules.ts');
const { Order } = await at('order.svelte.ts');
const { Rows } = await at('rows.svelte.ts');
const { Decisions } = await at('decisions.svelte.ts');
const { legible } = await at('legible.ts');
const { SENT_BYTES_MAX, Unreadable, base64, fitted, pictureIn, prepared } = await at('picture.ts');
after(close);

const row = (id, more = {}) => ({
  id,
  text: `Pourquoi ${id} ?`,
  state: 'waiting',
  language: 'fr',
  network: 'page',
  revision: 1,
  askers: 1,
  votes: 0,
  published_at: '2026-11-23T10:00:00Z',
  author: { name: 'Inès', handle: 'ines', place: 'Orléans' },
  url: '',
  position: null,
  answer: '',
  original: '',
  head: null,
  networks: ['page'],
  reasons: [],
  proposal: null,
  first_by: '',
  is_sensitive: false,
  notes: 0,
  last: null,
  reply: null,
  ...more,
});
const press = (key, more = {}) => ({ key, code: '', ctrlKey: false, metaKey: false, altKey: false, repeat: false, ...more });

/** A desk with a server that answers what it is told to, in order; `sent` is what it was asked. */
function desk(rows, answers, me = 'Nour') {
  const sent = [];
  const told = [];
  const all = new Rows();
  all.replace(rows);
  const api = {
    decide: async (id, verb, revision) => {
      sent.push([id, verb, revision]);
      return answers.shift();
    },
    decideMany: async (verb, questions) => {
      sent.push([verb, ...questions.map(({ id, revision }) => [id, revision])]);
      return answers.shift();
    },
  };
  const decisions = new Decisions({
    rows: all,
    api,
    me,
    needsTwo: () => false,
    notices: { show: (tone) => told.push(tone), say: () => {} },
    say: (key) => key,
    now: () => new Date('2026-11-23T10:00:00Z'),
    rightsEnded: () => told.push('rights'),
    showRow: () => {},
    sentenceOn: ({ last }) => `${last?.by} ${last?.verb}`,
  });
  return { rows: all, decisions, sent, told };
}
const by = (name, verb) => ({ verb, by: name, at: '2026-11-23T10:00:01Z' });
const ok = (value) => ({ ok: true, value });
const stale = (question) => ({ ok: false, kind: 'stale', message: '', question });

test('I and O mark where an answer begins and ends, in the list and outside of it', () => {
  const pressed = [true, false].map((inList) => ['i', 'O'].map((key) => commandOf(press(key), inList)));

  assert.deepEqual(pressed, Array(2).fill([{ kind: 'in' }, { kind: 'out' }]));
  assert.equal(commandOf(press('i', { repeat: true }), true), null);
});

test('letters decide, but not with a modifier, nor held down', () => {
  assert.deepEqual(commandOf(press('y'), false), { kind: 'decide', verb: 'approve' });
  assert.equal(commandOf(press('y', { ctrlKey: true }), false), null);
  assert.equal(commandOf(press('y', { repeat: true }), false), null);
  assert.deepEqual(commandOf(press('j', { repeat: true }), false), { kind: 'move', by: 1 });
});

test('letters go by what is printed on the key, and by its place without Latin letters', () => {
  assert.deepEqual(commandOf(press('m', { code: 'Semicolon' }), false), { kind: 'decide', verb: 'later' });
  assert.deepEqual(commandOf(press('н', { code: 'KeyY' }), false), { kind: 'decide', verb: 'approve' });
});

test('letters can be kept to the list; Enter and arrows always are', () => {
  assert.equal(commandOf(press('n'), false, false), null);
  assert.deepEqual(commandOf(press('n'), true, false), { kind: 'decide', verb: 'reject' });
  assert.equal(commandOf(press('Enter'), false), null);
});

test('rows after the selected one make room for it', () => {
  const heights = { row: 100, selected: 2, extra: 50 };
  assert.deepEqual([0, 2, 3, 4].map((place) => topOf(place, heights)), [0, 200, 350, 450]);
  assert.deepEqual([0, 299, 340, 350, 460].map((y) => rowAt(y, heights)), [0, 2, 2, 3, 4]);
  assert.deepEqual(inSight(0, 400, 1000, heights, 0), { from: 0, to: 4 });
  assert.equal(scrolledTo(9, 0, 400, heights, 0), 650);
});

test('search takes all the words, without accents, in text and author', () => {
  assert.ok(matches(row(1), wordsIn('ORLEANS pourq')));
  assert.ok(!matches(row(1), wordsIn('pourquoi lyon')));
});

test('lining up what nobody approved approves it; air and answer want it approved', () => {
  assert.deepEqual(stepsOf('line-up', 'waiting'), ['approve', 'line-up']);
  assert.deepEqual(stepsOf('line-up', 'approved'), ['line-up']);
  assert.equal(obstacle('air', 'held'), 'no.approve_first');
  assert.equal(obstacle('reject', 'rejected'), 'no.already');
  assert.equal(obstacle('approve', 'lined_up'), null);
});

test('a list counts the states it shows', () => {
  assert.equal(countOf('aired', { on_air: 1, answered: 4, waiting: 9 }), 5);
  assert.equal(countOf('all', { on_air: 1, answered: 4, waiting: 9, merged: 7 }), 14);
});

test('an older value of a row is left out, and arrivals come first', () => {
  const rows = new Rows();
  rows.replace([row(1), row(2, { revision: 3 })]);
  rows.put([row(2, { revision: 2, state: 'held' }), row(4), row(3)]);
  assert.deepEqual(rows.ids, [4, 3, 2, 1]);
  assert.equal(rows.get(2).state, 'waiting');
});

test('a decision shows at once and names the revision it was made on', async () => {
  const { rows, decisions, sent } = desk([row(1, { revision: 7 })], [ok(row(1, { revision: 8, state: 'approved', last: by('Nour', 'approve') }))]);
  const done = decisions.take(rows.get(1), 'approve');
  assert.equal(rows.get(1).state, 'approved');
  assert.ok(rows.isOnItsWay(1));
  await done;
  assert.deepEqual(sent, [[1, 'approve', 7]]);
  assert.ok(!rows.isOnItsWay(1));
});

test('a colleague who was first is not overwritten', async () => {
  const theirs = row(1, { revision: 2, state: 'rejected', last: by('Léa', 'reject') });
  const { rows, decisions, sent, told } = desk([row(1)], [stale(theirs)]);
  await decisions.take(rows.get(1), 'approve');
  assert.deepEqual(rows.get(1), theirs);
  assert.deepEqual([sent.length, told], [1, ['told']]);
  assert.deepEqual(decisions.done, []);
});

test('undo follows a decision still on its way, and takes both steps of lining up back', async () => {
  const mine = (revision, state, verb) => ok(row(1, { revision, state, last: by('Nour', verb) }));
  const { rows, decisions, sent } = desk([row(1)], [
    mine(2, 'approved', 'approve'),
    mine(3, 'lined_up', 'line_up'),
    mine(4, 'approved', 'undo'),
    mine(5, 'waiting', 'undo'),
  ]);
  void decisions.take(rows.get(1), 'line-up');
  await decisions.undo();
  assert.deepEqual(sent, [[1, 'approve', 1], [1, 'line-up', 2], [1, 'undo', 3], [1, 'undo', 4]]);
  assert.equal(rows.get(1).state, 'waiting');
});

test("undo never takes a colleague's decision back", async () => {
  const theirs = row(1, { revision: 3, state: 'approved', last: by('Léa', 'approve') });
  const { rows, decisions, sent, told } = desk([row(1)], [
    ok(row(1, { revision: 2, state: 'rejected', last: by('Nour', 'reject') })),
    stale(theirs),
  ]);
  await decisions.take(rows.get(1), 'reject');
  rows.put([theirs]);
  await decisions.undo();
  assert.deepEqual(sent.at(-1), [1, 'undo', 2]);
  assert.deepEqual(told, ['told']);
});

test('a decision whose answer was lost is found to stand when it is sent again', async () => {
  const stood = row(1, { revision: 2, state: 'held', last: by('Nour', 'hold') });
  const lost = { ok: false, kind: 'unreachable', message: '' };
  const { rows, decisions, sent, told } = desk([row(1)], [lost, stale(stood)]);
  const answer = await decisions.take(rows.get(1), 'hold');
  assert.deepEqual([answer.ok, sent.length, told], [true, 2, []]);
});

test('without a connection the question goes back where it was, and that is said', async () => {
  const lost = { ok: false, kind: 'unreachable', message: '' };
  const { rows, decisions, told } = desk([row(1)], [lost, lost]);
  await decisions.take(rows.get(1), 'hold');
  assert.equal(rows.get(1).state, 'waiting');
  assert.deepEqual(told, ['wrong']);
});

test('words are legible: no heaps of marks, no question mark alone', () => {
  assert.equal(legible(`q${'\u0301'.repeat(40)} ?`), `q${'\u0301'.repeat(4)}\u00a0?`);
});

test('a picture is fitted into the square that the server keeps, never enlarged', () => {
  assert.deepEqual(fitted(8000, 6000), [4096, 3072]);
  assert.deepEqual(fitted(6000, 8000), [3072, 4096]);
  assert.deepEqual(fitted(640, 480), [640, 480]);
  assert.deepEqual(fitted(20_000, 1), [4096, 1]);
});

test('a picture that the server takes is sent as it is, and one that nobody reads is refused', async () => {
  const small = new Blob(['photo'], { type: 'image/jpeg' });
  assert.equal(await prepared(small), small);
  await assert.rejects(prepared(new Blob(['photo'], { type: 'image/heic' })), Unreadable);
  await assert.rejects(prepared(new Blob([new Uint8Array(SENT_BYTES_MAX + 1)], { type: 'image/png' })), Unreadable);
});

test('the bytes of a picture are sent as base64, however many', async () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, at) => at % 251);
  assert.equal(await base64(new Blob([bytes])), Buffer.from(bytes).toString('base64'));
});

test('of what was dropped or pasted the first picture is taken', () => {
  const text = { type: 'text/plain' };
  const picture = { type: 'image/png' };
  assert.equal(pictureIn([text, picture, { type: 'image/webp' }]), picture);
  assert.equal(pictureIn([text]), undefined);
  assert.equal(pictureIn(null), undefined);
});

test('what a question is held for is marked where it stands, counted as the server counts', () => {
  const reasons = [
    { code: 'insult', excerpt: '', where: 'text', start: 2, end: 5 },
    { code: 'link', excerpt: '', where: 'name', start: 0, end: 1 },
  ];
  assert.deepEqual(marked('🎹 abc ?', reasons), [
    { text: '🎹 ', code: null },
    { text: 'abc', code: 'insult' },
    { text: ' ?', code: null },
  ]);
});

test('what waits is shared out among those who are there, all of it and nothing twice', () => {
  const shares = new Map();
  for (let id = 1; id <= 3000; id += 1) {
    const reader = readerOf(id, [4, 7, 9]);
    shares.set(reader, (shares.get(reader) ?? 0) + 1);
  }
  assert.deepEqual([...shares.keys()].sort(), [4, 7, 9]);
  assert.ok(Math.min(...shares.values()) > 900);
  assert.equal(readerOf(1, []), null);
});

test('many are decided on in one request, and undone in one; what was refused is told', async () => {
  const done = row(1, { revision: 2, state: 'rejected', last: by('Nour', 'reject') });
  const undone = row(1, { revision: 3, state: 'waiting', last: by('Nour', 'undo') });
  const refused = [{ id: 2, code: 'stale_revision', message: '' }];
  const { rows, decisions, sent, told } = desk([row(1), row(2)], [
    ok({ done: [done], refused }),
    ok({ done: [undone], refused: [] }),
  ]);
  await decisions.takeMany([rows.get(1), rows.get(2)], 'reject');
  assert.deepEqual([rows.get(1).state, rows.get(2).state, told], ['rejected', 'waiting', ['told']]);
  await decisions.undo();
  assert.deepEqual(sent, [['reject', [1, 1], [2, 1]], ['undo', [1, 2]]]);
  assert.equal(rows.get(1).state, 'waiting');
});

test('a list follows the house at once, then only when it is taken, or left alone', async (t) => {
  const waiting = 'waiting';
  const made = (version, ids) => ok({ version, ids, reasons: [['new_topic'], ['next_best']], why: ids.map((_, at) => at % 2) });
  const answers = [made('a', [3, 1]), made('b', [1, 3]), ok(null), made('c', [3, 1])];
  const asked = [];
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now_ms = 0;
  t.mock.method(performance, 'now', () => now_ms);
  globalThis.document = { hidden: false };
  t.after(() => delete globalThis.document);
  const next = async () => {
    t.mock.timers.tick(15_000);
    await new Promise(setImmediate);
  };
  const api = { order: async (query) => (asked.push(query), answers.shift()) };
  const order = new Order(api, 'order', () => {});
  const shown = () => [row(1), row(2), row(3), row(4)].sort(order.compare).map(({ id }) => id);

  order.start();
  await next();
  assert.deepEqual([asked, order.compare], [[], null]); // nobody wants it
  order.choose('house');
  await next();
  assert.deepEqual(shown(), [3, 1, 4, 2]); // what is not ranked yet comes last, newest first
  assert.deepEqual(order.standing(1), { place: 2, of: 2, reasons: ['next_best'] });

  await next();
  order.touch();
  assert.deepEqual([shown(), order.isNews(shown())], [[3, 1, 4, 2], true]);
  order.settle(); // somebody pressed a key just now
  assert.deepEqual(shown(), [3, 1, 4, 2]);
  now_ms = 7_000;
  order.settle();
  assert.deepEqual([shown(), order.isNews(shown())], [[1, 3, 4, 2], false]);

  await next();
  await next();
  order.take();
  assert.deepEqual(shown(), [3, 1, 4, 2]);
  assert.deepEqual(asked, [undefined, 'a', 'b', 'b'].map((since) => ({ state: waiting, since })));
  order.look('held');
  await next();
  assert.deepEqual([order.compare, asked.length], [null, 4]);
});
