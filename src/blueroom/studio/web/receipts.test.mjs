import assert from 'node:assert/strict';
import { after, beforeEach, mock, test } from 'node:test';
import { close, load } from '../../design/web/load.mjs';

const { Receipts } = await load('src/blueroom/studio/web/receipts.ts');
after(close);

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
});

const settled = () => new Promise((done) => setImmediate(done));

function makeReceipts() {
  const handed = [];
  const network = { isUp: true };
  const receipts = new Receipts(async (id, receipt) => {
    handed.push([id, receipt]);
    return network.isUp;
  });
  return { receipts, handed, network };
}

test('a receipt is handed in once, and never less than before', async () => {
  const { receipts, handed } = makeReceipts();
  receipts.give(1, 'delivered');
  await settled();
  receipts.give(1, 'delivered');
  receipts.give(1, 'seen');
  receipts.give(1, 'delivered');
  receipts.give(2, 'seen');
  await settled();

  assert.deepEqual(handed, [[1, 'delivered'], [1, 'seen'], [2, 'seen']]);
});

test('what the network would not take is tried again, in its last form', async () => {
  const { receipts, handed, network } = makeReceipts();
  network.isUp = false;
  receipts.give(1, 'delivered');
  await settled();
  receipts.give(1, 'seen');
  await settled();
  handed.length = 0;
  network.isUp = true;
  mock.timers.tick(3_000);
  await settled();
  mock.timers.tick(30_000);
  await settled();

  assert.deepEqual(handed, [[1, 'seen']]);
});

test('a screen that was woken does not wait', async () => {
  const { receipts, handed, network } = makeReceipts();
  network.isUp = false;
  receipts.give(1, 'seen');
  await settled();
  network.isUp = true;
  receipts.wake();
  await settled();

  assert.deepEqual(handed, [[1, 'seen'], [1, 'seen']]);
});
