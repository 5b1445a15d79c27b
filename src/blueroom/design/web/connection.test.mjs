// The client of the event stream against a stream that the test holds in its hand.
import assert from 'node:assert/strict';
import { after, beforeEach, mock, test } from 'node:test';
import { close, load } from './load.mjs';

const { Connection } = await load('src/blueroom/design/web/connection.ts');
after(close);

class Stream extends EventTarget {
  static opened = [];
  isOpen = true;

  constructor(url) {
    super();
    this.url = new URL(url);
    Stream.opened.push(this);
  }
  close() {
    this.isOpen = false;
  }
  says(kind, data) {
    const event = new Event(kind);
    event.data = JSON.stringify(data);
    this.dispatchEvent(event);
  }
  breaks() {
    this.onerror();
  }
  static get last() {
    return Stream.opened.at(-1);
  }
}

let answers; // what each ticket address answers with
const desk = { topic: 'ines/desk', stream: null, ticketUrl: '/desk/ticket' };
const wall = { topic: 'ines/wall', stream: null, ticketUrl: '/wall/ticket' };
const phone = { topic: 'ines/phone', stream: '/live/ines/phone', ticketUrl: null };
const snapshot = (topic, id, state) => ({ topic, id, at: '2026-11-23T20:00:00.000Z', state });
const changes = (topic, id, changed) => ({ topic, id, at: '2026-11-23T20:00:00.000Z', changes: changed });
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};
const pass = async (ms) => {
  for (let left = ms; left > 0; left -= 500) {
    mock.timers.tick(Math.min(500, left));
    await settle();
  }
};
const kinds = (heard) => heard.map((one) => (one.kind === 'status' ? one.state : one.kind));

beforeEach(() => {
  mock.reset();
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: Date.parse('2026-11-23T20:00:00Z') });
  Stream.opened = [];
  answers = {
    '/desk/ticket': () => Response.json({ url: '/live/ines/desk?ticket=d' }),
    '/wall/ticket': () => Response.json({ url: '/live/ines/wall?ticket=w' }),
  };
  globalThis.location = new URL('http://room.test/');
  globalThis.EventSource = Stream;
  globalThis.AbortSignal.timeout = () => undefined;
  globalThis.fetch = async (url) => answers[url]();
});

async function following(source, connection = new Connection()) {
  const heard = [];
  const leave = connection.join(source, (one) => heard.push(one));
  await settle();
  return { heard, leave, connection };
}

test('a follower hears the snapshot, then the changes, and that it is live', async () => {
  const { heard } = await following(desk);
  Stream.last.onopen();
  Stream.last.says('snapshot', snapshot('ines/desk', 'e.1', { rows: [] }));
  Stream.last.says('changes', changes('ines/desk', 'e.2', [{ kind: 'gone', id: 4 }]));

  assert.equal(Stream.last.url.href, 'http://room.test/live/ines/desk?ticket=d');
  assert.deepEqual(kinds(heard), ['live', 'snapshot', 'changes']);
  assert.deepEqual(heard[2].changes, [{ kind: 'gone', id: 4 }]);
});

test('a lost connection resumes after the last message with a fresh ticket', async () => {
  await following(desk);
  Stream.last.says('snapshot', snapshot('ines/desk', 'e.7', {}));
  answers['/desk/ticket'] = () => Response.json({ url: '/live/ines/desk?ticket=fresh' });
  Stream.last.breaks();
  await pass(500);

  assert.equal(Stream.opened.length, 2);
  assert.equal(Stream.opened[0].isOpen, false);
  assert.equal(Stream.last.url.search, '?ticket=fresh&after=e.7');
});

test('several topics share one connection, each resumed from its own place', async () => {
  const { connection, heard } = await following(desk);
  Stream.last.says('snapshot', snapshot('ines/desk', 'e.3', {}));
  const second = await following(wall, connection);
  const third = await following(phone, connection);
  const { searchParams } = Stream.last.url;

  assert.equal(Stream.opened.filter((stream) => stream.isOpen).length, 1);
  assert.equal(searchParams.get('after'), 'e.3');
  assert.deepEqual(searchParams.getAll('also'), ['ines/wall:w:', 'ines/phone::']);
  Stream.last.says('snapshot', snapshot('ines/wall', 'e.4', { on_air: null }));
  assert.deepEqual(kinds(second.heard), ['live', 'snapshot']);
  assert.deepEqual([kinds(heard), kinds(third.heard)], [['live', 'snapshot'], ['live']]);
});

test('silence makes it stale after 25 s and live again when heard', async () => {
  const { heard } = await following(desk);
  Stream.last.says('snapshot', snapshot('ines/desk', 'e.1', {}));
  answers['/desk/ticket'] = () => Promise.reject(new TypeError('no network'));
  await pass(24_000);
  assert.deepEqual(kinds(heard), ['live', 'snapshot']);
  await pass(4_000);
  assert.deepEqual(kinds(heard).at(-1), 'stale');
  assert.equal(heard.at(-1).since, Date.parse('2026-11-23T20:00:00Z'));

  answers['/desk/ticket'] = () => Response.json({ url: '/live/ines/desk?ticket=d' });
  await pass(10_000);
  Stream.last.onopen();
  assert.equal(kinds(heard).at(-1), 'live');
});

test('after a long silence an attempt is given its time to be answered', async () => {
  const { heard } = await following(desk);
  Stream.last.says('snapshot', snapshot('ines/desk', 'e.1', {}));
  await pass(17_000);
  assert.equal(Stream.opened.length, 2);
  await pass(6_000);
  assert.equal(Stream.opened.length, 2);
  Stream.last.onopen();
  await pass(10_000);
  assert.deepEqual([Stream.opened.length, kinds(heard).at(-1)], [2, 'snapshot']);
});

test('waking up from sleep reconnects at once', async () => {
  const { connection } = await following(desk);
  Stream.last.says('snapshot', snapshot('ines/desk', 'e.1', {}));
  mock.timers.setTime(Date.now() + 3_600_000);
  connection.wake();
  await settle();

  assert.equal(Stream.opened.length, 2);
});

test('attempts come slower and slower, never more than 10 s apart', async () => {
  answers['/desk/ticket'] = mock.fn(() => Promise.reject(new TypeError('no network')));
  await following(desk);
  await pass(60_000);
  const asked = answers['/desk/ticket'].mock.callCount();

  assert.ok(asked >= 8 && asked <= 25, `${asked} attempts in a minute`);
});

test('a refused ticket is told, shows nothing more, and is asked again every 30 s', async () => {
  const { heard } = await following(desk);
  Stream.last.says('snapshot', snapshot('ines/desk', 'e.1', {}));
  answers['/desk/ticket'] = () => new Response('{}', { status: 403 });
  Stream.last.says('bye', { reason: 'forbidden' });
  await pass(20_000);
  assert.deepEqual(kinds(heard), ['live', 'snapshot', 'forbidden']);

  answers['/desk/ticket'] = () => Response.json({ url: '/live/ines/desk?ticket=d' });
  await pass(15_000);
  Stream.last.onopen();
  assert.equal(kinds(heard).at(-1), 'live');
});

test('one refused topic does not stop the others', async () => {
  answers['/wall/ticket'] = () => new Response('{}', { status: 410 });
  const { connection, heard } = await following(desk);
  const second = await following(wall, connection);
  Stream.last.says('snapshot', snapshot('ines/desk', 'e.1', {}));

  assert.deepEqual([kinds(heard), kinds(second.heard)], [['live', 'snapshot'], ['forbidden']]);
});

test('the connection closes when nobody follows any more', async () => {
  const { leave } = await following(desk);
  leave();
  await pass(60_000);

  assert.deepEqual(Stream.opened.map((stream) => stream.isOpen), [false]);
});
