import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, load } from '../../design/web/load.mjs';

const at = (name) => load(`src/blueroom/clips/web/${name}`);
const { microsOf, momentAt, secondOf, textOf, typed, written } = await at('times.ts');
const { following, frameAt, frameFrom, inside, moved, zoomed } = await at('frames.ts');
const { boxOf, movedBy } = await at('crop.ts');
const { changed, heardDuring, inserted, lineAt, merged, split } = await at('cues.ts');
const { commandOf } = await at('keys.ts');
const { Editing } = await at('editing.svelte.ts');
after(close);

const film = {
  duration_s: 10,
  pieces: [
    { start_s: 0, at: '2026-11-23T20:00:00.123456Z' },
    { start_s: 6, at: '2026-11-23T20:00:09Z' },
  ],
};

test('moments keep their microseconds', () => {
  for (const text of ['2026-11-23T20:00:00.123456Z', '2026-11-23T20:00:00.000001Z']) {
    assert.equal(textOf(microsOf(text)), text);
  }
  assert.equal(textOf(microsOf('2026-11-23T20:00:00Z')), '2026-11-23T20:00:00.000000Z');
  assert.equal(microsOf('2026-11-23T20:00:00.5Z') - microsOf('2026-11-23T20:00:00Z'), 500_000);
  assert.equal(microsOf('2026-11-23T21:00:00.25+01:00'), microsOf('2026-11-23T20:00:00.25Z'));
});

test('a second of the film is a moment, on either side of a gap', () => {
  assert.equal(textOf(momentAt(film, 1.5)), '2026-11-23T20:00:01.623456Z');
  assert.equal(textOf(momentAt(film, 6)), '2026-11-23T20:00:09.000000Z');
  assert.equal(textOf(momentAt(film, 7.25)), '2026-11-23T20:00:10.250000Z');
  for (const at_s of [0, 1.5, 5.999, 6, 9.25]) {
    assert.ok(Math.abs(secondOf(film, momentAt(film, at_s)) - at_s) < 1e-6);
  }
});

test('a moment that the film has not is at the nearer end', () => {
  assert.equal(secondOf(film, microsOf('2026-11-23T19:59:00Z')), 0);
  assert.equal(secondOf(film, microsOf('2026-11-23T20:00:08Z')), 6);
  assert.equal(secondOf(film, microsOf('2026-11-23T20:01:00Z')), 10);
});

test('times are written and read as people do', () => {
  assert.deepEqual(
    [62.479, 0, -3.5, 3599.999].map((one) => written(one)),
    ['1:02.48', '0:00.00', '\u22120:03.50', '60:00.00'],
  );
  assert.equal(written(125.4, 0), '2:05');
  assert.deepEqual(
    ['62.5', '1:02.5', '1:02,5', ' 1:00:02 ', '-0:03', '\u22120:03.250'].map(typed),
    [62.5, 62.5, 62.5, 3602, -3, -3.25],
  );
  assert.deepEqual(['', 'soon', '1:2:3:4', '1:', '--1'].map(typed), [null, null, null, null, null]);
  for (const one of [0, 61.234, -7.005]) assert.equal(typed(written(one, 3)), one);
});

test('pictures are found by time, also where they come unevenly', () => {
  const frames_s = [0, 0.033333, 0.08, 0.1, 0.2];
  assert.deepEqual([-1, 0, 0.0333, 0.033333, 0.079, 0.5].map((s) => frameAt(frames_s, s)), [
    0, 0, 0, 1, 1, 4,
  ]);
  assert.deepEqual([-1, 0, 0.0333, 0.033334, 0.05, 0.2, 0.21].map((s) => frameFrom(frames_s, s)), [
    0, 0, 1, 1, 2, 4, 5,
  ]);
  for (const frame of frames_s.keys()) {
    assert.equal(frameAt(frames_s, inside(frames_s, frame, 0.23)), frame);
  }
});

test('marks leave a picture between them and stay in the film', () => {
  const marks = { first: 3, end: 7 };
  assert.deepEqual(moved(marks, 'first', 9, 10), { first: 6, end: 7 });
  assert.deepEqual(moved(marks, 'first', -4, 10), { first: 0, end: 7 });
  assert.deepEqual(moved(marks, 'end', 1, 10), { first: 3, end: 4 });
  assert.deepEqual(moved(marks, 'end', 99, 10), { first: 3, end: 10 });
});

test('zooming leaves the playhead where it is and the view in the film', () => {
  assert.deepEqual(zoomed({ from_s: 0, span_s: 100 }, 0.5, 50, 100), { from_s: 25, span_s: 50 });
  assert.deepEqual(zoomed({ from_s: 0, span_s: 100 }, 0.5, 0, 100), { from_s: 0, span_s: 50 });
  assert.deepEqual(zoomed({ from_s: 60, span_s: 40 }, 2, 90, 100), { from_s: 20, span_s: 80 });
  assert.deepEqual(zoomed({ from_s: 0, span_s: 1 }, 0.5, 0.5, 100), { from_s: 0, span_s: 1 });
  const view = { from_s: 20, span_s: 40 };
  assert.equal(following(view, 30, 100), view);
  assert.deepEqual(following(view, 70, 100), { from_s: 60, span_s: 40 });
  assert.deepEqual(following(view, 2, 100), { from_s: 0, span_s: 40 });
});

test('a tall picture out of a wide one takes all its height and moves sideways only', () => {
  const wide = { width_px: 1280, height_px: 720 };
  const box = boxOf('9x16', wide, { x: 0.5, y: 0.5 });
  assert.equal(box.height, 1);
  assert.ok(Math.abs(box.width - 405 / 1280) < 1e-9);
  assert.equal(boxOf('9x16', wide, { x: 0, y: 0.5 }).x, 0);
  assert.deepEqual(movedBy(box, { x: 9, y: 9 }), { x: 1 - box.width / 2, y: 0.5 });
  assert.equal(boxOf('16x9', wide, { x: 0.1, y: 0.9 }).width, 1);
  const portrait = { width_px: 720, height_px: 1280 };
  assert.deepEqual(boxOf('16x9', portrait, { x: 0, y: 0 }), { x: 0, y: 0, width: 1, height: 1 });
  const tall = boxOf('1x1', portrait, { x: 0.5, y: 1 });
  assert.deepEqual([tall.width, tall.height, tall.y], [1, 0.5625, 0.4375]);
});

const cues = [
  { start_s: 0, end_s: 2, text: 'Le soir, toujours' },
  { start_s: 2, end_s: 4, text: 'et jamais' },
];

test('lines are split where the caret is, their time by the letters', () => {
  const parted = split(cues, 0, 8);
  assert.deepEqual(
    parted.map((cue) => cue.text),
    ['Le soir,', 'toujours', 'et jamais'],
  );
  assert.equal(parted[0].end_s, 1);
  assert.equal(parted[1].start_s, 1);
  const short = split([{ start_s: 0, end_s: 0.2, text: 'ab' }], 0, 0);
  assert.ok(short.every((cue) => cue.end_s > cue.start_s));
});

test('lines are joined with the next', () => {
  assert.deepEqual(merged(cues, 0), [{ start_s: 0, end_s: 4, text: 'Le soir, toujours et jamais' }]);
  assert.equal(merged(cues, 1), cues);
});

test('a new line goes to the playhead where that is free', () => {
  const free = inserted(cues, 1, 7, 20)[2];
  assert.deepEqual(free, { start_s: 7, end_s: 9, text: '' });
  const taken = inserted(cues, 0, 1, 20)[1];
  assert.equal(taken.start_s, 2);
  assert.ok(taken.end_s > taken.start_s);
  assert.deepEqual(inserted([], -1, 3, 20), [{ start_s: 3, end_s: 5, text: '' }]);
});

test('a line never ends before it begins', () => {
  assert.equal(changed(cues, 0, { start_s: 5 })[0].end_s, 5.3);
  assert.equal(changed(cues, 1, { end_s: 1 })[1].start_s, 0.7);
  assert.deepEqual(changed(cues, 1, { text: 'ou rien' })[1].text, 'ou rien');
});

test('whoever translates reads what is said meanwhile', () => {
  assert.equal(heardDuring(cues, { start_s: 1, end_s: 3 }), 'Le soir, toujours et jamais');
  assert.equal(heardDuring(cues, { start_s: 2, end_s: 3 }), 'et jamais');
  assert.equal(lineAt(cues, 2), 1);
  assert.equal(lineAt(cues, 4), -1);
});

test('keys do what they do in cutting rooms', () => {
  const press = (key, more = {}) =>
    commandOf({ key, code: '', ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more }, null);
  assert.deepEqual(press('i'), { kind: 'in' });
  assert.deepEqual(press('O'), { kind: 'out' });
  assert.deepEqual(press(','), { kind: 'frames', by: -1 });
  assert.deepEqual(press('.'), { kind: 'frames', by: 1 });
  assert.deepEqual(press('ArrowRight'), { kind: 'frames', by: 1 });
  assert.deepEqual(press('ArrowRight', { shiftKey: true }), { kind: 'seconds', by: 1 });
  assert.deepEqual(press(' '), { kind: 'play' });
  assert.deepEqual(press('\u0448', { code: 'KeyI' }), { kind: 'in' });
  assert.equal(press('s', { ctrlKey: true }), null);
  assert.equal(press('x'), null);
});

// -- under the hand -------------------------------------------------------------------------

const footage = {
  ...film,
  video: '/film.mp4',
  width_px: 1280,
  height_px: 720,
  duration_s: 6,
  pieces: [{ start_s: 0, at: '2026-11-23T20:00:00Z' }],
  frames_s: Array.from({ length: 180 }, (_, n) => n / 30),
};

/** A page of clips with one answer, and an API that says what it is told to. */
function page(answers = {}) {
  const told = [];
  const clips = {
    boot: { may_mark: true },
    session: { languages: ['fr'] },
    answer: {
      id: 7,
      revision: 3,
      in_at: '2026-11-23T20:00:01.000000Z',
      out_at: '2026-11-23T20:00:03Z',
      clip: { slug: 'soir', in_at: '2026-11-23T20:00:01Z', crop_x: 0.5, crop_y: 0.5, title: '', captions: [] },
    },
    say: (key) => key,
    speak() {},
    tell: (tone, text) => told.push(text),
    took: (answer) => answer.ok,
    api: {
      footage: async () => ({ ok: true, value: footage }),
      adjust: async (answer, in_at, out_at) => {
        told.push([answer.revision, in_at, out_at]);
        return answers.adjust ?? { ok: true, value: null };
      },
      captions: async () => answers.captions ?? { ok: true, value: null },
      saveCaptions: async (slug, captions) => {
        told.push(captions);
        return answers.save ?? { ok: true, value: { ...captions, revision: captions.revision + 1 } };
      },
    },
  };
  return { clips, told };
}

const settled = () => new Promise((done) => setTimeout(done, 5));

test('marks are sent as the very moments of pictures', async () => {
  const { clips, told } = page();
  const editing = new Editing(clips);
  editing.open();
  await settled();
  assert.deepEqual(editing.marks, { first: 30, end: 90 });
  assert.equal(editing.isMoved, false);

  editing.seek(1.5);
  editing.markIn();
  editing.step(60);
  editing.markOut();
  await editing.saveMarks();

  assert.deepEqual(editing.marks, { first: 45, end: 106 });
  assert.deepEqual(told[0], [3, '2026-11-23T20:00:01.500000Z', '2026-11-23T20:00:03.533333Z']);
  assert.equal(editing.isMoved, false);
});

test('marks that somebody else moved meanwhile are not overwritten', async () => {
  const { clips } = page({ adjust: { ok: false, kind: 'changed', message: '', by: 'Max' } });
  const editing = new Editing(clips);
  editing.open();
  await settled();

  editing.nudge('end', -5);
  await editing.saveMarks();

  assert.deepEqual([editing.wasAdjusted, editing.isMoved], [true, true]);
  editing.dropMarks();
  await settled();
  assert.deepEqual([editing.wasAdjusted, editing.isMoved], [false, false]);
});

test('what is typed is kept until it is saved, and a stale revision is told', async () => {
  const kept = new Map();
  globalThis.localStorage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, text) => kept.set(key, text),
    removeItem: (key) => kept.delete(key),
  };
  const answers = { save: { ok: false, kind: 'changed', message: '', by: 'Max' } };
  const { clips } = page(answers);
  const { captioning } = new Editing(clips);
  captioning.open(clips.answer.clip);
  await settled();

  captioning.insert(-1, 0.5, 2);
  captioning.change(0, { text: 'Le soir.' });
  await captioning.save();
  captioning.flush();

  assert.equal(captioning.changedBy, 'Max');
  assert.equal(JSON.parse(kept.get('clips/soir/fr')).cues[0].text, 'Le soir.');

  const again = new Editing(clips).captioning;
  again.open(clips.answer.clip);
  await settled();
  assert.equal(again.cues[0].text, 'Le soir.');
  delete answers.save;
  await again.save();

  assert.deepEqual([again.isTouched, again.captions.revision, kept.size], [false, 1, 0]);
});

test('captions stay at their moments when the clip begins elsewhere', async () => {
  const { clips } = page();
  const { captioning } = new Editing(clips);
  captioning.open(clips.answer.clip);
  await settled();
  captioning.insert(-1, 2, 9);

  const now = { ...clips.answer.clip, in_at: '2026-11-23T20:00:01.500000Z' };
  captioning.follow(clips.answer.clip, now);

  assert.deepEqual(captioning.cues, [{ start_s: 1.5, end_s: 3.5, text: '' }]);
  assert.equal(captioning.captions.begins_at, now.in_at);
});
