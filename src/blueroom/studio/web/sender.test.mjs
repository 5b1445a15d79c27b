import assert from 'node:assert/strict';
import { after, beforeEach, mock, test } from 'node:test';
import { close, load } from '../../design/web/load.mjs';

const { Sender } = await load('src/blueroom/studio/web/sender.ts');
after(close);

// A server's end of sockets, by hand, and a clock that goes when it is told to.
let now_ms, sockets, told;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  [now_ms, sockets, told] = [0, [], []];
});

function pass(ms) {
  for (let left = ms; left > 0; left -= 100) {
    now_ms += Math.min(100, left);
    mock.timers.tick(Math.min(100, left));
  }
}

function connect() {
  const socket = {
    sent: [],
    isClosed: false,
    send(message) {
      this.sent.push(typeof message === 'string' ? JSON.parse(message) : readable(message));
    },
    close() {
      this.isClosed = true;
    },
    says(message) {
      this.onmessage({ data: JSON.stringify(message) });
    },
  };
  sockets.push(socket);
  return socket;
}

const readable = (message) => {
  const view = new DataView(message.buffer);
  return [view.getUint32(0), ...message.slice(4)];
};

const chunk = (...bytes) => Uint8Array.from(bytes).buffer;

function makeSender(options = {}) {
  const handlers = {
    news: (news) => told.push(['news', news.feed.state]),
    messages: () => told.push(['messages']),
    problem: (code) => told.push(['problem', code]),
    figures: (kbps) => told.push(['figures', kbps]),
    refused: (code) => told.push(['refused', code]),
    connection: (state, failures) => told.push([state, failures]),
    restart: () => told.push(['restart']),
  };
  const sender = new Sender(connect, handlers, { now: () => now_ms, random: () => 1, ...options });
  sender.open();
  return sender;
}

const hello = (recorder, next, take_over = false) => ({
  kind: 'hello',
  recorder,
  mime: 'video/webm',
  next,
  take_over,
});

test('a sender only looks until a recorder begins, then numbers its chunks', () => {
  const sender = makeSender();
  const [socket] = sockets;
  socket.onopen();
  sender.begin('a', 'video/webm');
  sender.push(chunk(1));
  socket.says({ kind: 'welcome', next: 0 });
  sender.push(chunk(2, 3));

  assert.deepEqual(socket.sent, [{ kind: 'look' }, hello('a', 0), [0, 1], [1, 2, 3]]);
});

test('a sender goes on after a break from where the server wants', () => {
  const sender = makeSender();
  sender.begin('a', 'video/webm');
  sockets[0].onopen();
  sockets[0].says({ kind: 'welcome', next: 0 });
  for (const byte of [1, 2, 3, 4]) sender.push(chunk(byte));
  sockets[0].says({ kind: 'ack', next: 2 });
  sockets[0].onclose();
  sender.push(chunk(5));
  pass(300);
  sockets[1].onopen();
  sockets[1].says({ kind: 'welcome', next: 3 });
  sockets[1].says({ kind: 'ack', next: 5 });

  assert.deepEqual(sockets[1].sent, [hello('a', 2), [3, 4], [4, 5]]);
  assert.deepEqual(told, [['open', 0], ['lost', 1], ['open', 0]]);
  assert.equal(sender.kept_bytes, 0);
});

test('the next run begins on a line of its own when all of the one before is safe', () => {
  const sender = makeSender();
  sender.begin('a', 'video/webm');
  sockets[0].onopen();
  sockets[0].says({ kind: 'welcome', next: 0 });
  sender.push(chunk(1));
  sender.begin('b', 'video/webm');
  sender.push(chunk(7));
  const before = [...sockets[0].sent];
  sockets[0].says({ kind: 'welcome', next: 1 });
  sockets[1].onopen();
  sockets[1].says({ kind: 'welcome', next: 0 });

  // The second hello asks what of the first run is safe.
  assert.deepEqual(before, [hello('a', 0), [0, 1], hello('a', 0, true)]);
  assert.equal(sockets[0].isClosed, true);
  assert.deepEqual(sockets[1].sent, [hello('b', 0, true), [0, 7]]);
});

test('a recorder that begins after another has ended has a line of its own', () => {
  const sender = makeSender();
  sender.begin('a', 'video/webm');
  sockets[0].onopen();
  sockets[0].says({ kind: 'welcome', next: 0 });
  sender.finish();
  sender.begin('b', 'video/webm');
  sockets[1].onopen();

  assert.deepEqual(sockets[1].sent, [hello('b', 0, true)]);
});

test('a server that knows nothing of the run gets a new one', () => {
  const sender = makeSender();
  sender.begin('a', 'video/webm');
  sockets[0].onopen();
  sockets[0].says({ kind: 'welcome', next: 0 });
  sender.push(chunk(1));
  sockets[0].says({ kind: 'ack', next: 1 });
  sockets[0].says({ kind: 'bye' });
  sockets[0].onclose();
  sender.push(chunk(2));
  pass(300);
  sockets[1].onopen();
  sockets[1].says({ kind: 'welcome', next: 0 });

  assert.deepEqual(told.at(-1), ['restart']);
  assert.equal(sender.push(chunk(3)), false);
});

test('a server that misses chunks gets a new run', () => {
  const sender = makeSender();
  sender.begin('a', 'video/webm');
  sockets[0].onopen();
  sockets[0].says({ kind: 'refused', code: 'chunks_missing', message: 'Anew.' });
  sender.begin('b', 'video/webm');
  sockets[1].onopen();

  assert.deepEqual(told, [['open', 0], ['restart'], ['open', 0]]);
  assert.deepEqual(sockets[1].sent, [hello('b', 0)]);
});

test('whoever is not let in looks on', () => {
  const sender = makeSender();
  sender.begin('a', 'video/webm');
  sockets[0].onopen();
  sockets[0].says({ kind: 'refused', code: 'feed_not_admitted', message: 'Not yet.' });
  sockets[0].onclose();
  pass(300);
  sockets[1].onopen();

  assert.deepEqual(sockets[1].sent, [{ kind: 'look' }]);
});

test('what cannot be kept ends the run; what was kept is sent, then a new run is wanted', () => {
  const sender = makeSender({ keptMax_ms: 40_000 });
  sender.begin('a', 'video/webm');
  sockets[0].onopen();
  sockets[0].says({ kind: 'welcome', next: 0 });
  sockets[0].onclose();
  const kept = [sender.push(chunk(1))];
  pass(40_000);
  kept.push(sender.push(chunk(2)));
  pass(100);
  kept.push(sender.push(chunk(3)));
  while (sockets.at(-1).isClosed) pass(100);
  const socket = sockets.at(-1);
  socket.onopen();
  socket.says({ kind: 'welcome', next: 0 });
  socket.says({ kind: 'welcome', next: 2 });

  assert.deepEqual(kept, [true, true, false]);
  assert.deepEqual(socket.sent, [hello('a', 0), [0, 1], [1, 2], hello('a', 0, true)]);
  assert.deepEqual(told.at(-1), ['restart']);
});

test('too many bytes end the run as well', () => {
  const sender = makeSender({ keptMax_bytes: 3 });
  sender.begin('a', 'video/webm');

  assert.deepEqual([sender.push(chunk(1, 2)), sender.push(chunk(3, 4)), sender.push(chunk(5))], [true, false, false]);
});

test('tries are further and further apart, and one can be had at once', () => {
  const sender = makeSender();
  const tries = [];
  for (const wait of [300, 600, 1_200, 2_400, 4_800, 5_000, 5_000]) {
    sockets.at(-1).onclose();
    pass(wait - 100);
    const before = sockets.length;
    pass(100);
    tries.push(sockets.length - before);
  }
  sockets.at(-1).onclose();
  const before = sockets.length;
  sender.wake();

  assert.deepEqual(tries, [1, 1, 1, 1, 1, 1, 1]);
  assert.equal(sockets.length, before + 1);
});

test('a line that owes an answer and is silent is dead', () => {
  const sender = makeSender();
  sender.begin('a', 'video/webm');
  sockets[0].onopen();
  sockets[0].says({ kind: 'welcome', next: 0 });
  pass(20_000); // nothing was sent: nothing is owed
  const idle = sockets.length;
  sender.push(chunk(1));
  pass(7_500);

  assert.equal(idle, 1);
  assert.equal(sockets[0].isClosed, true);
  assert.equal(sockets.length, 2);
});

test('a refusal is final until somebody insists', () => {
  const sender = makeSender();
  sender.begin('a', 'video/webm');
  sockets[0].onopen();
  sockets[0].says({ kind: 'refused', code: 'feed_busy', message: 'Somebody sends.' });
  sockets[0].onclose();
  pass(60_000);
  sender.wake();
  const afterRefusal = sockets.length;
  sender.insist(true);
  sender.begin('b', 'video/webm');
  sockets[1].onopen();

  assert.equal(afterRefusal, 1);
  assert.deepEqual(told, [['open', 0], ['refused', 'feed_busy'], ['open', 0]]);
  assert.deepEqual(sockets[1].sent, [hello('b', 0, true)]);
});

test('the end is said when everything is safe', () => {
  const sender = makeSender();
  sender.begin('a', 'video/webm');
  sockets[0].onopen();
  sockets[0].says({ kind: 'welcome', next: 0 });
  sender.push(chunk(1));
  sender.end();
  sockets[0].says({ kind: 'welcome', next: 1 });

  assert.deepEqual(sockets[0].sent.slice(2), [hello('a', 0, true), { kind: 'end' }]);
  assert.equal(sender.push(chunk(2)), false);
});

test('news, words, problems and figures are passed on', () => {
  makeSender();
  sockets[0].onopen();
  const feed = { name: 'Ana', kind: 'fan', state: 'waiting' };
  sockets[0].says({ kind: 'state', feed, programme: 'off', is_on_air: false, is_muted: false, delay_s: 0 });
  sockets[0].says({ kind: 'messages' });
  sockets[0].says({ kind: 'problem', code: 'no_audio', message: 'No sound.' });
  sockets[0].says({ kind: 'figures', video_kbps: 2400, fps: 30 });

  assert.deepEqual(told.slice(1), [['news', 'waiting'], ['messages'], ['problem', 'no_audio'], ['figures', 2400]]);
});
