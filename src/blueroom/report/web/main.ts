// The report of a session. It is whole without this; while the session runs
//   data-live="30000"    on the figures: looks so often (ms) what they are now, and shows that
//   data-live-switch     a button that stops it, and begins again; hidden without this program
import '../../design/web/main';
import './report.css';

const figures = document.querySelector<HTMLElement>('[data-live]');
const button = document.querySelector<HTMLButtonElement>('[data-live-switch]');
let isOn = true;

/** What is unfolded, pointed at or read stays as it is: then the figures come with the next look. */
function isBusy(): boolean {
  const reads = figures?.contains(document.activeElement) || !getSelection()?.isCollapsed;
  return !isOn || document.hidden || Boolean(reads);
}

async function look(): Promise<void> {
  if (!figures || isBusy()) return;
  try {
    const answer = await fetch(location.href, { cache: 'no-store' });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = page.querySelector('[data-live], [data-final]');
    if (!fresh || isBusy()) return;
    if (fresh.hasAttribute('data-final')) location.reload();
    const open = new Set([...figures.querySelectorAll('details[open]')].map((one) => one.id));
    figures.replaceChildren(...fresh.childNodes);
    figures.querySelectorAll('details').forEach((one) => (one.open = open.has(one.id)));
  } catch {
    // The network is away: once more by and by.
  }
}

if (figures && button) {
  button.hidden = false;
  button.addEventListener('click', () => {
    isOn = !isOn;
    button.setAttribute('aria-pressed', String(isOn));
    void look();
  });
  setInterval(() => void look(), Number(figures.dataset.live));
}
