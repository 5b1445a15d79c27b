// What server-rendered pages can do beyond forms and links. Pages work without it; each behaviour
// is asked for by a data- attribute:
//   data-copy="id" data-copied="Copied"    copies that field's value
//   data-confirm="Sure?" data-yes data-no  on a form: asks before it is sent
//   data-print                             prints the page
//   data-reveal="id"                       shows what is typed in that password field
//   data-submit, data-submitted            on a select: sends its form at once; the button goes
//   data-zone data-elsewhere="{time} …"    on a time: adds the hour here where it is another one
//   data-watch="3000"                      on the body: looks so often (ms) whether its address shows
//                                          something else by now, and then goes there
//   data-rug                               on a canvas: white fur
import './base.css';
import './page.css';
import { paintRug } from './fur';
import { datesOf } from './words';

const every = <E extends HTMLElement>(selector: string, act: (element: E) => void) =>
  document.querySelectorAll<E>(selector).forEach(act);

every<HTMLButtonElement>('button[data-copy]', (button) => {
  const field = document.getElementById(button.dataset.copy ?? '') as HTMLInputElement | null;
  const label = button.querySelector('span');
  if (!field || !label) return;
  const said = label.textContent;
  button.hidden = false;
  label.setAttribute('aria-live', 'polite');
  button.addEventListener('click', async () => {
    field.select();
    // Plain http has no clipboard but on this machine itself, and a browser may refuse.
    await Promise.resolve(navigator.clipboard?.writeText(field.value) ?? Promise.reject()).catch(
      () => document.execCommand('copy'),
    );
    label.textContent = button.dataset.copied ?? said;
    setTimeout(() => (label.textContent = said), 2000);
  });
});

every<HTMLButtonElement>('button[data-print]', (button) => {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
});

every<HTMLButtonElement>('button[data-reveal]', (button) => {
  const field = document.getElementById(button.dataset.reveal ?? '') as HTMLInputElement | null;
  if (!field) return;
  button.hidden = false;
  button.addEventListener('click', () => {
    const shown = field.type === 'password';
    field.type = shown ? 'text' : 'password';
    button.setAttribute('aria-pressed', String(shown));
  });
});

every<HTMLSelectElement>('select[data-submit]', (select) => {
  every<HTMLElement>('[data-submitted]', (button) => (button.hidden = true));
  select.addEventListener('change', () => select.form?.requestSubmit());
});

every<HTMLFormElement>('form[data-confirm]', (form) => {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sure) return;
    event.preventDefault();
    ask(form.dataset, () => {
      form.dataset.sure = 'yes';
      form.requestSubmit();
    });
  });
});

function ask(words: DOMStringMap, then: () => void): void {
  const dialog = document.createElement('dialog');
  const question = document.createElement('p');
  question.id = 'question';
  question.textContent = words.confirm ?? '';
  const answers = document.createElement('form');
  answers.method = 'dialog';
  answers.className = 'actions';
  const button = (value: string, label: string | undefined, look: string) => {
    const made = document.createElement('button');
    made.value = value;
    made.textContent = label ?? value;
    made.className = look;
    return made;
  };
  answers.append(
    button('yes', words.yes, 'button danger'),
    button('no', words.no, 'button plain'),
  );
  dialog.setAttribute('aria-labelledby', 'question');
  dialog.append(question, answers);
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (dialog.returnValue === 'yes') then();
  });
  document.body.append(dialog);
  dialog.showModal();
}

every<HTMLTimeElement>('time[data-zone]', (time) => {
  const at = new Date(time.dateTime);
  const clock = (zone?: string) =>
    new Intl.DateTimeFormat(datesOf(document.documentElement.lang), {
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      timeZone: zone,
    }).format(at);
  const here = clock();
  if (here === clock(time.dataset.zone)) return;
  const note = document.createElement('small');
  note.textContent = ` (${(time.dataset.elsewhere ?? '').replace('{time}', here)})`;
  time.after(note);
});

every<HTMLBodyElement>('body[data-watch]', ({ dataset }) => {
  let first: string | null = null;
  setInterval(async () => {
    try {
      const answer = await fetch(location.href, { redirect: 'manual', cache: 'no-store' });
      if (!answer.ok && answer.type !== 'opaqueredirect') return;
      const shown = await answer.text();
      first ??= answer.ok ? shown : null;
      if (shown !== first) location.reload();
    } catch {
      // The network is away: once more by and by.
    }
  }, Number(dataset.watch));
});

every<HTMLCanvasElement>('canvas[data-rug]', (canvas) => {
  const paint = () => {
    const { width, height } = canvas.getBoundingClientRect();
    const scale = Math.min(window.devicePixelRatio, 2);
    canvas.width = width * scale;
    canvas.height = height * scale;
    const pen = canvas.getContext('2d');
    if (!pen || !width) return;
    pen.scale(scale, scale);
    paintRug(pen, { width, top: 26, height: height - 26 }, { length: 30 });
  };
  let drawn_px = 0;
  new ResizeObserver(([entry]) => {
    const width_px = Math.round(entry?.contentRect.width ?? 0);
    if (width_px === drawn_px) return;
    drawn_px = width_px;
    requestAnimationFrame(paint);
  }).observe(canvas);
});

// A menu closes when one goes elsewhere.
document.addEventListener('click', (event) => {
  every<HTMLDetailsElement>('details.me[open]', (menu) => {
    if (!menu.contains(event.target as Node)) menu.open = false;
  });
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') every<HTMLDetailsElement>('details.me[open]', (menu) => (menu.open = false));
});
