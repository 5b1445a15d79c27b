import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { close, load } from '../../design/web/load.mjs';

const { Outbox } = await load('src/blueroom/audience/web/outbox.ts');
const { Votes } = await load('src/blueroom/audience/web/votes.svelte.ts');
const { Phone } = await load('src/blueroom/audience/web/phone.svelte.ts');
const { Polling } = await load('src/blueroom/audience/web/polling.ts');
after(close);

const kept = new Map();
globalThis.localStorage = {
  getItem: (name) => kept.get(name) ?? null,
  setItem: (name, value) => kept.set(name, value),
  removeItem: (name) => kept.delete(name),
};
globalThis.document ??= { hidden: false };
const TYPED = { text: 'Le matin ?', name: 'Ana', place: '' };
const taken = (id = 7) => ({ kind: 'taken', item: { id } });
const settled = () => new Promise((resolve) => setImmediate(resolve));

function outboxWith(...answers) {
  const sent = [];
  const told = { waiting: [], taken: [], refused: [] };
  const outbox = new Outbox(
    'ines',
    async (question) => {
      sent.push(question);
      return answers.shift();
    },
    {
      waiting: (outgoing) => told.waiting.push(outgoing.length),
      taken: (item) => told.taken.push(item.id),
      refused: (question, message) => told.refused.push([question.text, message]),
    },
  );
  return { outbox, sent, told };
}

beforeEach(() => kept.clear());

test('a question is kept before it is sent, and forgotten once it is taken', async () => {
  const { outbox, sent, told } = outboxWith(taken());

  const adding = outbox.add(TYPED);
  const before = JSON.parse(kept.get('outgoing-ines'));

  assert.equal(await adding, 'taken');
  assert.deepEqual(before, [{ ...TYPED, key: sent[0].key }]);
  assert.equal(kept.has('outgoing-ines'), false);
  assert.deepEqual(told, { waiting: [0, 1, 0], taken: [7], refused: [] });
});

test('what was lost is sent again with the same key, also by a page that opens later', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const first = outboxWith({ kind: 'lost' });
  assert.equal(await first.outbox.add(TYPED), 'kept');
  first.outbox.takeBack('another key');

  const later = outboxWith({ kind: 'lost' }, taken());
  await later.outbox.flush();
  await later.outbox.flush();

  assert.deepEqual([...first.sent, ...later.sent].map(({ key }) => key), Array(3).fill(first.sent[0].key));
  assert.deepEqual(later.told.taken, [7]);
  assert.equal(kept.size, 0);
});

test('what is refused comes back with the reason, at once or after a while', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { outbox, told } = outboxWith(
    { kind: 'refused', message: 'Too long.' },
    { kind: 'later', message: 'Wait.', retry_ms: 60_000 },
    { kind: 'lost' },
    { kind: 'refused', message: 'It is over.' },
  );

  const came = [await outbox.add(TYPED), await outbox.add(TYPED), await outbox.add(TYPED)];
  await outbox.flush();

  assert.deepEqual(came, ['refused', 'refused', 'kept']);
  assert.deepEqual(
    told.refused.map(([, message]) => message),
    ['Too long.', 'Wait.', 'It is over.'],
  );
  assert.equal(kept.size, 0);
});

test('a question that is taken back does not go out', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { outbox, sent } = outboxWith({ kind: 'lost' });
  await outbox.add(TYPED);

  const back = outbox.takeBack(sent[0].key);
  await outbox.flush();

  assert.equal(back.text, TYPED.text);
  assert.equal(sent.length, 1);
});

test('a broken store of this phone loses nothing else', () => {
  for (const broken of ['{', '{"a":1}', '[null,{"key":"k"}]']) {
    kept.set('outgoing-ines', broken);
    assert.deepEqual(outboxWith().told.waiting, [0]);
  }
});

function votesWith(...answers) {
  const sent = [];
  const votes = new Votes(async (...vote) => {
    sent.push(vote);
    return answers.shift() ?? { kind: 'taken' };
  }, [3]);
  return { votes, sent };
}

test('a vote is shown at once and sent once; taking it back too', async () => {
  const { votes, sent } = votesWith();

  votes.toggle(5);
  votes.toggle(3);
  const shown = [...votes.given];
  await settled();

  assert.deepEqual(shown, [5]);
  assert.deepEqual(sent, [
    [5, true],
    [3, false],
  ]);
});

test('what the producer turns on again is asked for, what is turned off goes at once', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  globalThis.addEventListener ??= () => {};
  globalThis.document.addEventListener ??= () => {};
  const session = { state: 'open', takes_votes: false, takes_hearts: true, shows_counts: true };
  const state = { session, up_for_vote: [], hearts_total: 0 };
  const entry = { card: { id: 4 }, votes: 2 };
  const now = { ...state, session: { ...session, takes_votes: true }, up_for_vote: [entry] };
  const asked = [];
  globalThis.fetch = async (url) => {
    asked.push(url);
    return Response.json(asked.length > 1 ? now : state); // a cache has the one from before
  };
  const phone = new Phone({ slug: 'ines', state, mine: [], voted: [], now_url: 'now' });

  phone.change({ kind: 'session', session: { ...session, state: 'on_air' } });
  t.mock.timers.tick(3_000);
  const before = [phone.isVoting, asked.length];
  phone.change({ kind: 'session', session: now.session });
  t.mock.timers.tick(3_000);
  for (let turn = 0; turn < 5; turn += 1) await settled();
  t.mock.timers.tick(3_000);
  for (let turn = 0; turn < 5; turn += 1) await settled();
  const on = [phone.isVoting, phone.state.up_for_vote];
  phone.change({ kind: 'session', session });

  assert.deepEqual(before, [false, 0]);
  assert.deepEqual(asked, ['now', 'now']);
  assert.deepEqual(on, [true, [entry]]);
  assert.equal(phone.isVoting, false);
});

test('a refused vote is taken back on the screen, with the reason', async () => {
  const { votes } = votesWith({ kind: 'refused', message: 'Over.' });

  votes.toggle(5);
  await settled();

  assert.deepEqual([[...votes.given], votes.refusal], [[3], 'Over.']);
});

test('a vote that could not be sent goes out when the line is back, as wanted last', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { votes, sent } = votesWith({ kind: 'later', retry_ms: 4_000 });
  votes.toggle(5);
  await settled();
  votes.hear([]); // the server does not know of it yet
  votes.toggle(5);
  await settled();
  votes.toggle(5);
  await settled();

  assert.deepEqual(sent, [
    [5, true],
    [5, false],
    [5, true],
  ]);
  assert.deepEqual([...votes.given], [3, 5]);
});

test('polling hears states while they are fresh, and says when they are not', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse('2026-11-23T20:00:00Z') });
  const heard = [];
  const answer = (at) => ({
    ok: true,
    headers: new Headers({ 'Snapshot-At': at, Date: 'Mon, 23 Nov 2026 20:00:00 GMT' }),
    json: async () => ({ at }),
  });
  const answers = [answer('2026-11-23T19:59:59Z'), answer('2026-11-23T19:00:00Z'), null];
  globalThis.fetch = async () => answers.shift() ?? Promise.reject(new TypeError('no line'));
  const polling = new Polling('/now/ines/phone', {
    state: (state) => heard.push(state.at),
    fresh: (isFresh) => heard.push(isFresh),
  });

  polling.start();
  await settled();
  t.mock.timers.tick(31_000); // an hour-old state from a cache does not count
  await settled();
  t.mock.timers.tick(6_000);
  await settled();
  polling.stop();

  assert.deepEqual(heard, ['2026-11-23T19:59:59Z', true, '2026-11-23T19:00:00Z', false, false, false]);
});
