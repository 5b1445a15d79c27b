import assert from 'node:assert/strict';
import { after, beforeEach, mock, test } from 'node:test';
import { close, load } from '../../design/web/load.mjs';

const from = 'src/blueroom/prompter/web';
const { Prompter } = await load(`${from}/prompter.svelte.ts`);
const { readDevice, scaleOf } = await load(`${from}/device.ts`);
const { clockSince, minutesLeft } = await load(`${from}/times.ts`);
after(close);

let now_ms, sent, answer;

beforeEach(() => {
  mock.restoreAll();
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  [now_ms, sent] = [10_000, []];
  answer = { status: 200, body: { question_id: 1, revision: 5 } };
  mock.method(performance, 'now', () => now_ms);
  mock.method(globalThis, 'fetch', async (url, { body }) => {
    sent.push([url, JSON.parse(body)]);
    return new Response(JSON.stringify(answer.body), { status: answer.status });
  });
});

const prompt = (id, revision = 4) => ({
  card: { id, text: 'Pourquoi ?', language: 'fr', network: 'page', askers: 1, author: { name: '', handle: '', place: '' } },
  revision,
  on_air_at: null,
});
const message = (id, is_seen = false) => ({ id, text: 'Plus près', sent_at: '2026-11-23T20:00:00Z', is_seen });
const stateOf = (more) => ({ session: { state: 'on_air' }, on_air: null, next: [], messages: [], ...more });
const make = (more) => new Prompter({ language: 'fr', url: '/p/secret/', state: stateOf(more) });

test('the scene follows the session, and a question on air goes before all', () => {
  const scenes = ['planned', 'open', 'on_air', 'closed'].map((state) => make({ session: { state } }).scene);
  const asked = make({ session: { state: 'closed' }, on_air: prompt(1) });
  const shut = make({ on_air: prompt(1) });
  shut.status = { state: 'forbidden', since: new Date() };

  assert.deepEqual([...scenes, asked.scene, shut.scene], ['before', 'before', 'between', 'after', 'question', 'detached']);
});

test('a tap acts once, and can be taken back for five seconds', async () => {
  const prompter = make({ on_air: prompt(1) });
  await Promise.all([prompter.later(prompt(1)), prompter.later(prompt(1))]);
  const offered = prompter.done;
  now_ms += 699;
  await prompter.undo();
  now_ms += 1;
  await prompter.undo();

  assert.deepEqual(offered, { act: 'later', questionId: 1, revision: 5 });
  assert.deepEqual(sent, [
    ['/p/secret/questions/1/later', { revision: 4 }],
    ['/p/secret/questions/1/undo', { revision: 5 }],
  ]);
  assert.equal(prompter.done, null);

  now_ms += 5_000;
  await prompter.take(prompt(1));
  mock.timers.tick(4_999);
  assert.ok(prompter.done);
  mock.timers.tick(1);
  assert.equal(prompter.done, null);
});

test('a finger that comes down as the desk changes something does nothing', async () => {
  const prompter = make({ on_air: prompt(1), next: [prompt(2)] });
  prompter.apply([{ kind: 'messages', messages: [message(1)] }]);
  await prompter.take(prompt(2));
  now_ms += 5_000;
  prompter.apply([{ kind: 'on_air', prompt: prompt(3) }, { kind: 'next', prompts: [] }]);
  now_ms += 600;
  await prompter.later(prompt(3));

  assert.deepEqual(sent.map(([url]) => url), ['/p/secret/questions/2/take']);
});

test('what was refused is said, and nothing is offered to be undone', async () => {
  const prompter = make({ on_air: prompt(1) });
  answer = { status: 409, body: { code: 'stale_revision', message: 'Quelqu’un d’autre a décidé.' } };
  await prompter.later(prompt(1));

  assert.deepEqual([prompter.trouble, prompter.done], ['Quelqu’un d’autre a décidé.', null]);
});

test('without a line nothing is sent, and the question stays', async () => {
  const prompter = make({ on_air: prompt(1) });
  prompter.status = { state: 'stale', since: new Date(0) };
  await prompter.later(prompt(1));

  assert.deepEqual(sent, []);
  assert.match(prompter.trouble, /liaison/);
  assert.equal(prompter.state.on_air.card.id, 1);
  assert.deepEqual(prompter.lostSince, new Date(0));
});

test('a line that was lost is good again when the whole truth came', () => {
  const prompter = make({ on_air: prompt(1) });
  prompter.lose();
  prompter.status = { state: 'live', since: new Date() };
  const before = prompter.lostSince;
  prompter.hear(stateOf({ on_air: prompt(2) }));

  assert.ok(before);
  assert.equal(prompter.lostSince, null);
});

test('a message that was tapped stays seen though the room does not know it yet', () => {
  mock.method(globalThis, 'fetch', async () => new Response(null, { status: 204 }));
  const prompter = make({ messages: [message(1), message(2)] });
  prompter.seen(1);
  prompter.apply([{ kind: 'messages', messages: [message(1), message(2), message(3)] }]);

  assert.deepEqual(prompter.unseen.map(({ id }) => id), [2, 3]);
});

test('a device remembers only what makes sense', () => {
  assert.deepEqual(readDevice('{"size":2,"isMirrored":true,"language":"en"}'), { size: 2, isMirrored: true, language: 'en' });
  assert.deepEqual(readDevice('{"size":99,"isMirrored":"no","language":"xx"}'), { size: 4, isMirrored: false, language: null });
  for (const bad of [null, 'oops', '[]', '{"size":"x"}']) {
    assert.deepEqual(readDevice(bad), { size: 0, isMirrored: false, language: null });
  }
  assert.deepEqual([0, 1, -1].map((size) => scaleOf({ size }).toFixed(2)), ['1.00', '1.20', '0.83']);
});

test('the minutes left count from when the session went on air', () => {
  const session = { state: 'on_air', on_air_at: '2026-11-23T20:00:00Z', planned_minutes: 60 };
  const left = (time) => minutesLeft(session, new Date(`2026-11-23T${time}Z`));

  assert.deepEqual([left('20:00:30'), left('20:59:30'), left('21:00:00'), left('21:02:00')], [60, 1, 0, -2]);
  assert.equal(minutesLeft({ ...session, state: 'open' }, new Date()), null);
  assert.equal(clockSince('2026-11-23T20:00:00Z', new Date('2026-11-23T20:12:07Z')), '12:07');
});
