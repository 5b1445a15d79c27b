import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, load } from './load.mjs';

const from = 'src/blueroom/design/web';
const { words } = await load(`${from}/words.ts`);
const { initialOf, colourOf } = await load(`${from}/initial.ts`);
const { withoutHeaps } = await load(`${from}/marks.ts`);
const { runDown, sayAge, sayLeft, secondsBetween } = await load(`${from}/spans.ts`);
const { pathThrough, pointsOf } = await load(`${from}/curve.ts`);
const { inOwnWords, nameOf } = await load(`${from}/theme.ts`);
const { contrast, mix } = await load(`${from}/contrast.ts`);
const fr = (await load(`${from}/words/fr.json`)).default;
const en = (await load(`${from}/words/en.json`)).default;
after(close);

const ours = {
  fr: { hello: 'Bonjour {name}', 'post.one': '{n} message', 'post.other': '{n} messages' },
  en: { hello: 'Hello {name}', 'post.one': '{n} post', 'post.other': '{n} posts' },
};

test('words fill placeholders and choose the plural of the language', () => {
  const [french, english] = [words('fr', ours), words('en-GB', ours)];
  assert.equal(french('hello', { name: '{n}' }), 'Bonjour {n}');
  assert.deepEqual([0, 1, 2].map((n) => french('post', { n })), ['0 message', '1 message', '2 messages']);
  assert.deepEqual([0, 1, 2].map((n) => english('post', { n })), ['0 posts', '1 post', '2 posts']);
  assert.equal(french('post', { n: 1_000_000 }), '1\u202f000\u202f000 messages');
});

test('a name from right to left is set apart from the sentence around it', () => {
  const say = words('en', ours);
  assert.deepEqual(
    ['ליאת', 'فرقة 7', 'Zoé'].map((name) => say('hello', { name })),
    ['Hello \u2068ליאת\u2069', 'Hello \u2068فرقة 7\u2069', 'Hello Zoé'],
  );
});

test('words give back a key that nobody wrote', () => {
  assert.equal(words('fr', ours)('nobody'), 'nobody');
});

test('the words of the design exist in both languages', () => {
  assert.deepEqual(Object.keys(fr), Object.keys(en));
});

test('initialOf finds the first letter of any name', () => {
  const names = ['Camille', '@élodie', '  “Zoé”', 'ليلى', '🎸🥁', '👩‍👩‍👧 famille', '🇫🇷', '42', '...', '', 'Z̵̡̛̹̗̖̘a'];
  assert.deepEqual(names.map(initialOf), ['C', 'É', 'Z', 'ل', '🎸', '👩‍👩‍👧', '🇫🇷', '4', '', '', 'Z̵̡']);
});

test('colourOf is the same for a name whatever its case', () => {
  assert.equal(colourOf('Ana Sousa'), colourOf(' ana sousa '));
});

test('withoutHeaps keeps languages and takes zalgo away', () => {
  for (const text of ['Élodie', 'שָׁלוֹם', 'ภาษาไทย', 'tiếng Việt', 'हिन्दी']) {
    assert.equal(withoutHeaps(text), text.normalize('NFC'));
  }
  assert.equal(withoutHeaps('e' + '\u0335'.repeat(50) + 'x'), 'e' + '\u0335'.repeat(4) + 'x');
});

test('spans never promise less than is left nor claim more age than there is', () => {
  const t = words('fr', { fr, en });
  assert.deepEqual([1, 60, 61, 3599, 3600, 7500].map((s) => sayLeft(s, t).replace(/\u00a0/g, ' ')), ['1 min', '1 min', '2 min', '1 h 00', '1 h 00', '2 h 05']);
  assert.deepEqual([25, 119, 120, 3599, 3600].map((s) => sayAge(s, t).replace(/\u00a0/g, ' ')), ['25 s', '119 s', '2 min', '59 min', '1 h 00']);
  assert.deepEqual([0, 59, 725, 3725].map(runDown), ['00:00', '00:59', '12:05', '1:02:05']);
  assert.equal(secondsBetween('2026-11-23T20:00:00Z', '2026-11-23T19:00:00Z'), 0);
});

test('the curve stays in its box', () => {
  const points = pointsOf([0, 40, 20], 300, 74, 9);
  assert.deepEqual(points, [{ x: 9, y: 65 }, { x: 150, y: 9 }, { x: 291, y: 37 }]);
  assert.equal(pathThrough([]), '');
  assert.equal(pointsOf([5], 300, 74, 9)[0].x, 9);
});

test('a room says some things its own way, and all else as the house does', () => {
  const say = words('en', { en: { ask: 'Ask {guest}', bye: 'Goodbye' }, fr: {} });
  const texts = { name: '', hashtag: '', ask: 'Anything for {guest}?', goodbye: '' };
  const own = inOwnWords(say, texts, { ask: 'ask', bye: 'goodbye' });
  assert.equal(own('ask', { guest: 'Inès {tag}' }), 'Anything for Inès {tag}?');
  assert.equal(own('bye'), 'Goodbye');
  assert.equal(inOwnWords(say, undefined, { ask: 'ask' }), say);
});

test('a room has a name in each language, its one name, or the name of the house', () => {
  const session = { room: 'La chambre', texts: { en: { name: 'The room' } } };
  assert.equal(nameOf(session, 'en-GB', 'Blue Room'), 'The room');
  assert.equal(nameOf(session, 'fr', 'Blue Room'), 'La chambre');
  assert.equal(nameOf({ room: '', texts: {} }, 'fr', 'Blue Room'), 'Blue Room');
});

test('contrast is counted as the server counts it', () => {
  assert.equal(contrast('#777777', '#ffffff').toFixed(4), '4.4781');
  assert.equal(mix('#16293f', '#ffb880', 0.34), '#655a55');
});
