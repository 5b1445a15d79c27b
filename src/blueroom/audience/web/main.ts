// The phone page, alive. The server wrote the same page without JavaScript into #screen; here it is
// replaced by one that follows the session. Messages: PhoneState, then PhoneChange (./wire).
import './phone.css';
import { mount } from 'svelte';
import { readBoot, sourceOf } from '../../design/web/boot';
import { follow } from '../../design/web/live';
import { clock } from '../../design/web/time.svelte';
import Page from './Page.svelte';
import { Phone, type PhoneBoot } from './phone.svelte';
import type { PhoneChange, PhoneState } from './wire';

const { screen, boot } = readBoot<PhoneBoot>();

// Somebody may have begun to type before this script was there.
for (const name of ['text', 'name', 'place'] as const) {
  const field = document.getElementById(`id_${name}`) as HTMLInputElement | null;
  if (field?.value) boot.typed[name] = field.value;
}
const wasTyping = document.activeElement?.id === 'id_text';

const phone = new Phone(boot);
screen.replaceChildren();
mount(Page, { target: screen, props: { phone, boot } });
if (wasTyping) document.getElementById('id_text')?.focus();

follow<PhoneState, PhoneChange>(sourceOf(boot), {
  snapshot(state, at) {
    clock.hear(at);
    phone.take(state);
  },
  changes(changes) {
    changes.forEach((change) => phone.change(change));
  },
  status(status) {
    phone.status = status;
  },
});
