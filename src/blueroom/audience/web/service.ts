// The service worker of the phone pages (/s/). It keeps a page that says that there is no line, and
// the files that this page is made of: nothing personal, and no state of any session. The page
// itself, what was asked, votes and streams always come from the server.
export {};

const worker = self as unknown as {
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  addEventListener(kind: string, hear: (event: Heard) => void): void;
};
interface Heard extends Event {
  request: Request;
  data: unknown;
  waitUntil(work: Promise<unknown>): void;
  respondWith(answer: Promise<Response>): void;
}

const PAGES = 'phone-offline-1';
const FILES = 'phone-files-1';
const PAGE = /^\/s\/[\w-]+\/$/;
const OFFLINE = /^\/s\/[\w-]+\/offline$/;
const FILE = /\/static\/ui\/assets\/[\w.-]+/g;
const MOST_FILES = 120;
// A line that holds but says nothing is none.
const PATIENCE_MS = 12_000;

worker.addEventListener('install', (event) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener('activate', (event) => event.waitUntil(begin()));
worker.addEventListener('message', (event) => {
  const { keep } = (event.data ?? {}) as { keep?: unknown };
  if (typeof keep === 'string') event.waitUntil(keepPage(keep));
});
worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin) return;
  if (request.mode === 'navigate' && PAGE.test(pathname)) event.respondWith(page(request, pathname));
  else if (pathname.startsWith('/static/ui/assets/')) event.respondWith(file(request));
});

async function begin(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith('phone-') && name !== PAGES && name !== FILES) await caches.delete(name);
  }
  await worker.clients.claim();
}

/** The page from the server; without a line, the one that says so. */
async function page(request: Request, pathname: string): Promise<Response> {
  try {
    return await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch (error) {
    const pages = await caches.open(PAGES);
    const kept = await pages.match(`${pathname}offline`, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}

/** A built file: its name changes with its content, so the one that is kept is the right one. */
async function file(request: Request): Promise<Response> {
  const kept = await caches.match(request.url);
  return kept ?? fetch(request);
}

/** Keeps the page at that address for when there is no line, with its files. */
async function keepPage(address: string): Promise<void> {
  const { pathname, origin } = new URL(address, location.origin);
  if (origin !== location.origin || !OFFLINE.test(pathname)) return;
  const answer = await fetch(address, { credentials: 'omit' });
  if (!answer.ok) return;
  const text = await answer.clone().text();
  const files = await caches.open(FILES);
  const wanted = new Set(text.match(FILE) ?? []);
  for (const name of wanted) if (!(await files.match(name))) await files.add(name);
  const styles = [...wanted].filter((name) => name.endsWith('.css'));
  for (const name of styles) await keepFonts(files, name);
  const pages = await caches.open(PAGES);
  await pages.delete(pathname, { ignoreSearch: true }); // in another language
  await pages.put(address, answer);
  await leaveOut(files);
}

/** The letters that a style sheet names for Latin words; the rest a phone has itself. */
async function keepFonts(files: Cache, style: string): Promise<void> {
  const text = await (await files.match(style))?.text();
  for (const [name] of text?.matchAll(/[\w.-]+-latin-wght-normal-[\w-]+\.woff2/g) ?? []) {
    const address = `/static/ui/assets/${name}`;
    if (!(await files.match(address))) await files.add(address);
  }
}

/** Files of older versions go, the oldest first. */
async function leaveOut(files: Cache): Promise<void> {
  const kept = await files.keys();
  for (const old of kept.slice(0, Math.max(0, kept.length - MOST_FILES))) await files.delete(old);
}
