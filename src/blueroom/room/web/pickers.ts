// Beside each field of a colour, the browser's own way to choose one.
import type { Say } from '../../design/web/words';

const WHOLE = /^#?([0-9a-f]{6})$/i;

export function addPickers(form: HTMLFormElement, t: Say): void {
  form.querySelectorAll<HTMLInputElement>('input[data-colour]').forEach((field) => {
    const picker = document.createElement('input');
    const label = field.labels?.[0]?.firstChild?.textContent?.trim() ?? '';
    const light = field.closest('fieldset')?.querySelector('legend')?.textContent ?? '';
    picker.type = 'color';
    picker.setAttribute('aria-label', t('pick', { what: `${label}, ${light}` }));
    const show = () => {
      const whole = WHOLE.exec(field.value.trim());
      picker.value = whole ? `#${whole[1]}` : (field.dataset.colour ?? '#000000');
      picker.classList.toggle('house', !field.value.trim());
    };
    picker.addEventListener('input', () => {
      field.value = picker.value;
      picker.classList.remove('house');
    });
    field.addEventListener('input', show);
    show();
    field.before(picker);
  });
}
