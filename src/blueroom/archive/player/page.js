// Shows what stands in #told. Nothing is fetched: a browser would not let a page from a disk.
'use strict';

const told = JSON.parse(document.getElementById('told').textContent);
const { session, metrics, recordings, answers } = told;
const STATES = ['answered', 'on_air', 'lined_up', 'approved', 'waiting', 'later', 'held', 'rejected', 'merged'];
const PAGE = 50;
const questions = told.questions.map(
  ([state, text, language, published_at, asker, place, network, url, answer_text, reply_url], number) => ({
    number, state, text, language, at: new Date(published_at), asker, place, network, url, answer_text, reply_url,
  }),
);
let language = told.language;
let shown = { recording: 0, state: 'all', words: '', count: PAGE, is_hour: true };

// --- words

const word = (key, values = {}) =>
  told.words[language][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
const number = (n) => n.toLocaleString(language);
const clock = (at, options) =>
  new Intl.DateTimeFormat(language === 'fr' ? 'fr-FR' : 'en-GB', { timeZone: session.time_zone, ...options }).format(at);
const HOUR = { hour: '2-digit', minute: '2-digit' };
const timeOf = (at) => clock(at, HOUR);
const momentOf = (at) => clock(at, { day: 'numeric', month: 'short', ...HOUR });
const dateOf = (at) => clock(at, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });

/** Seconds as 3:07 or 1:02:09. */
function lengthOf(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return (parts[0] ? parts : parts.slice(1)).map((part, at) => (at ? String(part).padStart(2, '0') : part)).join(':');
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const networkName = (network) => (network === 'page' ? word('page_network') : capital(network));
const feedName = (recording) => recording.name || word(recording.kind);

/** An address that a link may lead to; what people wrote may be anything. */
const isLink = (url) => /^https?:\/\//i.test(url);

// --- elements

/** An element: its words are text, never markup. */
function make(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(' ');
  return fill(element, attributes, children);
}

function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

const link = (url, words) => make('a', { href: url, rel: 'noreferrer noopener', target: '_blank' }, words);
const voice = (question) => ({ dir: 'auto', lang: question.language || undefined });

function section(id, title, ...children) {
  return make('section', { 'aria-labelledby': id }, make('h2', { id }, title), ...children);
}

function face(name) {
  const letter = [...name.trim()][0]?.toUpperCase() ?? '?';
  const sum = [...name].reduce((total, sign) => total + sign.codePointAt(0), 0);
  return make(`span.face.f${sum % 4}`, { 'aria-hidden': 'true' }, letter);
}

const whoOf = (question) =>
  [question.asker || word('nobody'), question.place, networkName(question.network)].filter(Boolean);

/** Words of people beside one another, each in its own direction. */
const isolated = (parts) => parts.flatMap((part, at) => [at ? ' · ' : '', make('bdi', {}, part)]);

// --- the session

function hero() {
  const airedS = session.on_air_at && session.closed_at
    ? (new Date(session.closed_at) - new Date(session.on_air_at)) / 1000 : 0;
  const began = new Date(session.on_air_at ?? session.starts_at);
  const facts = [
    make('li', {}, make('time', { datetime: began.toISOString() }, `${dateOf(began)}, ${timeOf(began)}`)),
    airedS > 0 && make('li', {}, word('on_air_for', { length: lengthOf(airedS) })),
    session.hashtags.length > 0 &&
      make('li.tags', {}, ...session.hashtags.map((tag) => make('bdi', {}, `#${tag}`))),
    session.is_rehearsal && make('li', {}, make('span.chip', {}, word('rehearsal'))),
  ];
  const counts = [
    [metrics.posts, 'posts_received'], [metrics.questions, 'questions_asked'], [metrics.askers, 'askers'],
    [metrics.answered, 'answered'], [metrics.clips, 'clips'],
  ].filter(([n]) => session.shows_counts && n > 0);
  const numbers = counts.map(([n, key]) => make('li', {}, make('b', {}, number(n)), word(key)));
  if (metrics.recorded_s >= 1) numbers.push(make('li', {}, make('b', {}, lengthOf(metrics.recorded_s)), word('recorded')));
  return make(
    'section.panel.hero', {},
    make('h1', { dir: 'auto' }, session.guest),
    session.title !== session.guest ? make('p.title', { dir: 'auto' }, session.title) : null,
    make('ul.facts', {}, ...facts.filter(Boolean)),
    make('ul.numbers', {}, ...numbers),
  );
}

// --- recordings, with the questions answered in them

const player = make('video', { controls: true, preload: 'metadata', playsinline: true });
player.addEventListener('timeupdate', markChapter);

/** Where an answer lies in a recording: its second there; null where it does not. */
function secondIn(recording, answer) {
  if (answer.feed_id !== recording.feed_id) return null;
  const second = (new Date(answer.in_at) - new Date(recording.began_at)) / 1000;
  return second > -1 && second < recording.duration_s ? Math.max(0, second) : null;
}

const chaptersOf = (recording) =>
  answers
    .map((answer) => ({ answer, second: secondIn(recording, answer) }))
    .filter(({ second }) => second !== null);

/** The recording that says most is shown first. */
function firstRecording() {
  const worth = recordings.map((one) => chaptersOf(one).length * 1e6 + one.duration_s);
  return worth.indexOf(Math.max(...worth));
}

function choose(place, second = 0, plays = false) {
  const recording = recordings[place];
  if (shown.recording !== place || !player.getAttribute('src')) {
    shown.recording = place;
    // Names are ours, yet a sign like # would mean something else in an address.
    player.src = recording.file.split('/').map(encodeURIComponent).join('/');
  }
  player.currentTime = second;
  if (plays) player.play().catch(() => {});
}

function watch() {
  const recording = recordings[shown.recording];
  const tabs = recordings.map((one, place) =>
    make('button.pill', {
      type: 'button', 'aria-pressed': String(place === shown.recording),
      onclick: () => { choose(place); refresh('watch', watch); },
    }, feedName(one), make('b', {}, timeOf(new Date(one.began_at)))),
  );
  const chapters = chaptersOf(recording).map(({ answer, second }) => {
    const question = questions[answer.question];
    return make('li', {}, make(
      'button.chapter',
      { type: 'button', 'data-second': second,
        'data-end': second + (answer.out_at ? (new Date(answer.out_at) - new Date(answer.in_at)) / 1000 : 0),
        'aria-label': word('play_from', { time: lengthOf(second), question: question.text }),
        onclick: () => choose(shown.recording, second, true) },
      make('time', {}, lengthOf(second)), make('span', voice(question), question.text),
      make('small', {}, question.asker || word('nobody')),
    ));
  });
  player.setAttribute('aria-label', word('began', { name: feedName(recording), time: timeOf(new Date(recording.began_at)) }));
  return section(
    'watch', word('watch'),
    tabs.length > 1 ? make('div.pills', { role: 'group', 'aria-label': word('recordings') }, ...tabs) : null,
    make('div.watch.panel', {}, player,
      make('div', {}, make('h3', {}, word('chapters')),
        chapters.length ? make('ol.chapters', {}, ...chapters) : make('p.quiet', {}, word('no_chapters')))),
  );
}

function markChapter() {
  for (const chapter of document.querySelectorAll('.chapter')) {
    const is_now = player.currentTime >= chapter.dataset.second - 0.05 && player.currentTime < chapter.dataset.end;
    if (is_now) chapter.setAttribute('aria-current', 'true');
    else chapter.removeAttribute('aria-current');
  }
}

// --- posts per minute

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440];
const MINUTE = 60_000;
const minutes = metrics.posts_per_minute.map(({ minute, network, posts }) => ({ at: Date.parse(minute), network, posts }));

/** The hour on air with a little around it, where posts came then. */
function hourOf() {
  if (!session.on_air_at) return null;
  const from = Date.parse(session.on_air_at) - 10 * MINUTE;
  const until = (session.closed_at ? Date.parse(session.closed_at) : from + session.planned_minutes * MINUTE) + 10 * MINUTE;
  const within = minutes.filter(({ at }) => at >= from && at <= until);
  if (!within.length || within.length === minutes.length || until - from > 86_400_000) return null;
  return [from, until];
}

function curve() {
  const hour = hourOf();
  const every = minutes.map(({ at }) => at);
  const lowest = every.reduce((low, at) => Math.min(low, at), Infinity);
  const highest = every.reduce((high, at) => Math.max(high, at), -Infinity);
  const [from, until] = hour && shown.is_hour ? hour : [lowest, highest + MINUTE];
  const step = STEPS.find((one) => (until - from) / MINUTE / one <= (isNarrow() ? 60 : 150)) ?? 1440;
  const what = step === 1 ? word('per_minute') : word('per_minutes', { n: number(step) });
  const buttons = [['hour', true], ['all', false]].map(([key, is_hour]) =>
    make('button.pill', { type: 'button', 'aria-pressed': String(shown.is_hour === is_hour),
      onclick: () => { shown.is_hour = is_hour; refresh('curve', curve); } }, word(key)));
  const head = make('div.head', {}, make('h2', { id: 'curve' }, word('curve')),
    hour ? make('div.pills', { role: 'group', 'aria-labelledby': 'curve' }, ...buttons) : null);
  return make('section.curve', { 'aria-labelledby': 'curve' }, head,
    make('div.panel', {}, make('p.quiet', {}, what), bars(from, until, step * MINUTE, what), legend()));
}

const isNarrow = () => window.innerWidth < 700;
let wasNarrow = isNarrow();

const networks = Object.entries(metrics.posts_by_network).map(([network]) => network);

function legend() {
  return make('ul.legend', {}, ...networks.map((network, at) =>
    make('li', {}, make(`i.n${at % 5}`, { 'aria-hidden': 'true' }),
      word('of_network', { network: networkName(network), n: number(metrics.posts_by_network[network]) }))));
}

function bars(from, until, step, what) {
  const [width, height, left, top, bottom] = isNarrow() ? [380, 220, 34, 34, 26] : [1000, 260, 44, 34, 26];
  const count = Math.max(1, Math.ceil((until - from) / step));
  const columns = Array.from({ length: count }, () => ({ total: 0, by: {} }));
  for (const { at, network, posts } of minutes) {
    const column = columns[Math.floor((at - from) / step)];
    if (!column || at < from) continue;
    column.total += posts;
    column.by[network] = (column.by[network] ?? 0) + posts;
  }
  const totals = columns.map(({ total }) => total);
  const most = Math.max(...totals);
  const scale = (height - top - bottom) / Math.max(4, most);
  const xOf = (at) => left + ((at - from) / (count * step)) * (width - left);
  const atOf = (place) => new Date(from + place * step);
  const isLong = until - from > 86_400_000;
  const said = isLong ? momentOf : timeOf;
  const total = totals.reduce((sum, one) => sum + one, 0);
  const label = word('curve_label', { what, most: number(most), time: said(atOf(totals.indexOf(most))), total: number(total) });
  const svg = draw('svg', { viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-label': label });
  air(svg, { from, until, xOf, top, height, bottom });
  for (const part of [0, 0.5, 1]) {
    const n = Math.round(Math.max(4, most) * part);
    const y = height - bottom - n * scale;
    svg.append(draw('line', { class: 'grid', x1: left, x2: width, y1: y, y2: y }),
      draw('text', { x: left - 8, y: y + 4, 'text-anchor': 'end' }, number(n)));
  }
  const wide = (width - left) / count;
  columns.forEach((column, place) => {
    let y = height - bottom;
    const stack = draw('g', {}, draw('title', {}, `${said(atOf(place))} · ${number(column.total)}`));
    networks.forEach((network, at) => {
      const tall = (column.by[network] ?? 0) * scale;
      if (!tall) return;
      y -= tall;
      stack.append(draw('rect', { class: `n${at % 5}`, x: left + place * wide + wide * 0.1, y, width: wide * 0.8, height: tall, rx: Math.min(3, wide * 0.3) }));
    });
    if (column.total) svg.append(stack);
  });
  const ticks = Math.min(isNarrow() ? 3 : isLong ? 5 : 8, count);
  for (let tick = 0; tick <= ticks; tick += 1) {
    const at = from + ((until - from) * tick) / ticks;
    const anchor = tick === 0 ? 'start' : tick === ticks ? 'end' : 'middle';
    svg.append(draw('text', { x: xOf(at), y: height - 6, 'text-anchor': anchor }, said(new Date(at))));
  }
  moments(svg, { from, until, xOf, top });
  return svg;
}

/** The time on air, behind the bars. */
function air(svg, { from, until, xOf, top, height, bottom }) {
  if (!session.on_air_at) return;
  const edges = [[session.on_air_at, 'on_air'], [session.closed_at, 'off_air']];
  const [begin, end] = edges.map(([at]) => (at ? Date.parse(at) : until));
  if (begin > until || end < from) return;
  const x = xOf(Math.max(from, begin));
  svg.append(draw('rect', { class: 'air', x, y: top, width: Math.max(1, xOf(Math.min(until, end)) - x), height: height - top - bottom }));
  for (const [at, key] of edges) {
    if (!at || Date.parse(at) < from || Date.parse(at) > until) continue;
    const place = xOf(Date.parse(at));
    svg.append(draw('line', { class: 'edge-of-air', x1: place, x2: place, y1: top, y2: height - bottom }));
    if (end - begin > (until - from) / 8 || key === 'on_air') {
      svg.append(draw('text', { x: place + (key === 'on_air' ? 6 : -6), y: top + 14, 'text-anchor': key === 'on_air' ? 'start' : 'end' }, word(key)));
    }
  }
}

/** A dot for each answer, that leads to it. */
function moments(svg, { from, until, xOf, top }) {
  answers.forEach((answer, place) => {
    const at = Date.parse(answer.in_at);
    if (at < from || at > until) return;
    const words = `${timeOf(new Date(at))} · ${questions[answer.question].text}`;
    svg.append(draw('a', { href: `#answer-${place}`, 'aria-label': words },
      draw('title', {}, words), draw('circle', { class: 'moment', cx: xOf(at), cy: top - 14, r: 6.5 })));
  });
}

// --- answers

const tracks = (clip) => clip.captions.map((captions, at) =>
  make('track', {
    kind: captions.is_translation ? 'subtitles' : 'captions', srclang: captions.language,
    label: capital(languageName(captions.language)), default: at === 0 && captions.language === language,
    src: `data:text/vtt;charset=utf-8,${encodeURIComponent(captions.vtt)}`,
  }));

function languageName(code) {
  try {
    return new Intl.DisplayNames([language], { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}

function clipOf(answer) {
  const { clip } = answer;
  return make('video', {
    controls: true, preload: 'none', playsinline: true, src: clip.file, poster: clip.poster || undefined,
    'aria-label': clip.title || questions[answer.question].text,
  }, ...tracks(clip));
}

/** Plays an answer where it was given. */
function playInRecording(answer) {
  const place = recordings.findIndex((one) => secondIn(one, answer) !== null);
  choose(place, secondIn(recordings[place], answer));
  refresh('watch', watch);
  document.getElementById('watch').scrollIntoView();
  player.play().catch(() => {});
}

function waysOf(question, answer) {
  const ways = [];
  if (answer && recordings.some((one) => secondIn(one, answer) !== null)) {
    ways.push(make('button', { type: 'button', onclick: () => playInRecording(answer) }, word('in_recording')));
  }
  if (isLink(question.reply_url)) ways.push(link(question.reply_url, word('see_reply')));
  if (isLink(question.url)) ways.push(link(question.url, word('see_post')));
  for (const one of answer?.clip?.renders ?? []) {
    const said = [one.shape.replace('x', ':'), one.language && languageName(one.language)].filter(Boolean).join(', ');
    ways.push(make('a', { href: one.file, download: '', 'aria-label': `${word('download')} ${said}` }, `↓ ${said}`));
  }
  if (answer?.clip && !answer.clip.is_public) ways.push(make('span.chip', {}, word('private')));
  return ways;
}

function answerCard({ question, answer, id, words }) {
  const [name, ...more] = whoOf(question);
  const ways = waysOf(question, answer);
  return make('li.answer', { id },
    answer?.clip ? clipOf(answer) : null,
    answer?.photo ? make('img.photo', { src: answer.photo, alt: answer.alt || word('photo'), loading: 'lazy' }) : null,
    make('div.about', {},
      make(question.text.length > 150 ? 'h3.long' : 'h3', voice(question), question.text),
      make('p.who', {}, face(question.asker), make('span', {}, make('b', { dir: 'auto' }, name), ' · ', ...isolated(more))),
      words ? make('p.words', { dir: 'auto' }, words) : null,
      ways.length ? make('div.ways', {}, ...ways) : null));
}

/** Answers with a picture in their order, each question's words with the first of them; then those
    that were given in words alone. */
function answered() {
  const met = new Set();
  const pictured = answers.map((answer, place) => {
    const question = questions[answer.question];
    const words = met.has(question) ? '' : question.answer_text;
    met.add(question);
    return { question, answer, id: `answer-${place}`, words };
  });
  const written = questions
    .filter((question) => question.answer_text && !met.has(question))
    .map((question) => ({ question, answer: null, words: question.answer_text }));
  return [...pictured, ...written];
}

function answersSection() {
  const cards = answered().map(answerCard);
  return section('answers', word('answers'),
    cards.length ? make('ul.answers', {}, ...cards) : make('p.quiet', {}, word('no_answers')));
}

// --- questions

const plain = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

function found() {
  const wanted = plain(shown.words).split(/\s+/).filter(Boolean);
  return questions.filter((question) =>
    (shown.state === 'all' || question.state === shown.state) &&
    (!wanted.length || wanted.every((part) => (question.plain ??= plain(`${question.text} ${question.asker} ${question.place} ${question.answer_text}`)).includes(part))));
}

function questionRow(question) {
  const quiet = make('p.quiet', {}, ...isolated(whoOf(question)), ' · ',
    make('time', { datetime: question.at.toISOString() }, momentOf(question.at)));
  if (isLink(question.url)) quiet.append(' · ', link(question.url, word('see_post')));
  return make('li', {}, face(question.asker),
    make('div', {}, make('p.voice', voice(question), question.text), quiet),
    make(`span.state.${question.state}`, {}, word(`is_${question.state}`)));
}

function questionsSection() {
  const counts = new Map(STATES.map((state) => [state, questions.filter((one) => one.state === state).length]));
  const list = make('ul.list', {});
  const status = make('p.quiet', { role: 'status' });
  const more = make('button.more', { type: 'button', onclick: () => { shown.count += PAGE * 2; update(); } });
  const choices = [['all', questions.length], ...[...counts].filter(([, n]) => n)].map(([state, n]) =>
    make('button.pill', { type: 'button', 'data-state': state, onclick: () => { shown = { ...shown, state, count: PAGE }; update(); } },
      word(`state_${state}`), make('b', {}, number(n))));

  function update() {
    const these = found();
    list.replaceChildren(...these.slice(0, shown.count).map(questionRow));
    status.textContent = word(these.length === 1 ? 'found_one' : 'found', { n: number(these.length) });
    const left = Math.min(PAGE * 2, these.length - shown.count);
    more.hidden = left <= 0;
    more.textContent = word('more', { n: number(Math.max(0, left)) });
    for (const choice of choices) choice.setAttribute('aria-pressed', String(choice.dataset.state === shown.state));
  }

  const field = make('input', { type: 'search', placeholder: word('search_hint'), value: shown.words,
    oninput: (event) => { shown = { ...shown, words: event.target.value, count: PAGE }; update(); } });
  update();
  if (!questions.length) return section('questions', word('questions'), make('p.quiet', {}, word('no_questions')));
  return section('questions', word('questions'), make('div.panel', {},
    make('label.field', {}, word('search'), field),
    make('div.pills', { role: 'group', 'aria-label': word('questions') }, ...choices), status, list, more));
}

function files() {
  const named = ['README.md', 'manifest.json', 'metrics.json', 'posts.jsonl', 'questions.jsonl', 'decisions.jsonl', 'parquet/posts.parquet'];
  return make('section.files', { 'aria-labelledby': 'files' }, make('h2', { id: 'files' }, word('files')),
    make('p', {}, word('files_told')), make('ul', {}, ...named.map((name) => make('li', {}, make('a', { href: name }, name)))));
}

// --- the rug at the foot of the wall: fur drawn from a seed, as design/web/fur.ts draws it

function paintRug() {
  const canvas = document.querySelector('.rug canvas');
  const { width, height } = canvas.getBoundingClientRect();
  if (!width) return;
  const scale = Math.min(window.devicePixelRatio, 2);
  canvas.width = width * scale;
  canvas.height = height * scale;
  const pen = canvas.getContext('2d');
  pen.scale(scale, scale);
  const shades = getComputedStyle(document.documentElement).getPropertyValue('--rug').trim().split(/\s+/);
  const [low, middle, high] = [shades.slice(0, 3), shades.slice(3, 6), shades.slice(6)];
  let state = 9;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const stroked = (along) => Math.sin(along * 0.021) * 0.6 + Math.sin(along * 0.057 + 1.3) * 0.35 + Math.sin(along * 0.131 + 4) * 0.25;
  const top = 26;
  const ground = pen.createLinearGradient(0, top, 0, height);
  ground.addColorStop(0, middle[0]);
  ground.addColorStop(1, low[0]);
  pen.fillStyle = ground;
  pen.fillRect(0, top + 24, width, height);
  for (let row = 0; row < height; row += 7) {
    const near = row / height;
    for (let x = -20; x < width + 20; x += 2.2) {
      const some = random() < 0.2 + near * 0.3 ? low : random() < 0.5 ? middle : high;
      const [rootX, rootY] = [x + random() * 4, top + row + 12 + random() * 8];
      const angle = -Math.PI / 2 + stroked(x * 0.8 + row * 3) * 0.8 + (random() - 0.5) * 0.8;
      const long = 30 * (0.45 + random() * 0.6) * (0.75 + near * 0.4);
      const bend = (random() - 0.5) * 1.6;
      const wide = 0.9 + random() * 1.1;
      const [midX, midY] = [rootX + Math.cos(angle) * long * 0.55, rootY + Math.sin(angle) * long * 0.55];
      const [tipX, tipY] = [midX + Math.cos(angle + bend) * long * 0.5, midY + Math.sin(angle + bend) * long * 0.5];
      const [sideX, sideY] = [-Math.sin(angle) * wide, Math.cos(angle) * wide];
      pen.fillStyle = some[(random() * some.length) | 0];
      pen.beginPath();
      pen.moveTo(rootX + sideX, rootY + sideY);
      pen.quadraticCurveTo(midX + sideX * 0.6, midY + sideY * 0.6, tipX, tipY);
      pen.quadraticCurveTo(midX - sideX * 0.6, midY - sideY * 0.6, rootX - sideX, rootY - sideY);
      pen.fill();
    }
  }
}

// --- all of it

/** One section anew: the others may be playing. */
function refresh(id, build) {
  document.getElementById(id).closest('section').replaceWith(build());
  markChapter();
}

function render() {
  document.documentElement.lang = language;
  const room = document.getElementById('room');
  room.textContent = told.names[language] || session.room || word('house');
  room.className = told.is_wordmark ? 'sr' : '';
  document.getElementById('languages').setAttribute('aria-label', word('language'));
  document.querySelector('[data-word=skip]').textContent = word('skip');
  document.getElementById('foot').textContent = word('made', { date: dateOf(new Date(told.made_at)), version: told.version });
  for (const button of document.querySelectorAll('[data-language]')) {
    button.setAttribute('aria-pressed', String(button.dataset.language === language));
  }
  const parts = [
    hero(), recordings.length ? watch() : null, minutes.length ? curve() : null, answersSection(), questionsSection(), files(),
  ];
  document.getElementById('main').replaceChildren(...parts.filter(Boolean));
  markChapter();
}

for (const button of document.querySelectorAll('[data-language]')) {
  button.addEventListener('click', () => { language = button.dataset.language; render(); });
}
if (recordings.length) choose(firstRecording());
render();
paintRug();
window.addEventListener('resize', () => {
  paintRug();
  if (wasNarrow !== isNarrow() && minutes.length) refresh('curve', curve);
  wasNarrow = isNarrow();
});
window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paintRug);
