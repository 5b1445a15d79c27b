// The pages of a room that show what its screens are made of: the form of its look with a preview,
// and the page of all parts. Both are whole pages without this; it adds what moves.
import { mount } from 'svelte';
import { readBoot } from '../../design/web/boot';
import { words } from '../../design/web/words';
import { look, type LookBoot } from './look';
import Parts from './Parts.svelte';
import { addPickers } from './pickers';
import Preview from './Preview.svelte';
import './room.css';
import Tokens from './Tokens.svelte';
import en from './words/en.json';
import fr from './words/fr.json';

const { screen, boot } = readBoot<LookBoot>();
const t = words(boot.language, { fr, en });

if (boot.screen === 'theme') {
  const form = document.querySelector<HTMLFormElement>('#look')!;
  addPickers(form, t);
  mount(Preview, { target: screen, props: { look: look(form, boot), boot, t } });
} else {
  for (const side of document.querySelectorAll<HTMLElement>('[data-parts]')) {
    const light = side.dataset.parts === 'air' ? 'air' : 'day';
    mount(Tokens, { target: side, props: { side, pairs: boot.pairs[light], names: boot.names, t } });
    mount(Parts, { target: side, props: { light, t } });
  }
}
