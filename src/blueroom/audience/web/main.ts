// The phone page, alive. The server wrote the same page without JavaScript into #screen; here it is
// replaced by one that follows the session. Messages: PhoneState, then PhoneChange (./wire).
import './phone.css';
import { mount } from 'svelte';
import { readBoot, sourceOf, type Boot } from '../../design/web/boot';
import { follow, type Status } from '../../design/web/live';
import { Slate } from '../../design/web/slate.svelte';
import Cover from '../../design/web/Slate.svelte';
import { nameOf } from '../../design/web/theme';
import { clock } from '../../design/web/time.svelte';
import { words } from '../../design/web/words';
import { keepForOffline } from './keeping';
import Offline from './Offline.svelte';
import type { OfflineBoot } from './offline';
import Page from './Page.svelte';
import { Phone, type PhoneBoot } from './phone.svelte';
import { Polling } from './polling';
import type { PhoneChange, PhoneState } from './wire';
import en from './words/en.json';
import fr from './words/fr.json';

// Longer than a stream takes to open on a bad line.
const UNHEARD_MS = 8_000;

const { screen, boot } = readBoot<(PhoneBoot & { is_offline?: false }) | OfflineBoot>();
if (boot.is_offline) showOffline(boot);
else showPage(boot);
void import('./voice');

function showOffline(boot: Boot & OfflineBoot): void {
  screen.replaceChildren();
  mount(Offline, { target: screen, props: { boot } });
}

function showPage(boot: Boot & PhoneBoot): void {
  // Somebody may have begun to type before this script was there.
  for (const name of ['text', 'name', 'place'] as const) {
    const field = document.getElementById(`id_${name}`) as HTMLInputElement | null;
    if (field?.value) boot.typed[name] = field.value;
  }
  const wasTyping = document.activeElement?.id === 'id_text';

  const phone = new Phone(boot);
  screen.replaceChildren();
  const slate = new Slate(boot.slate);
  mount(Page, { target: screen, props: { phone, boot, slate } });
  const name = nameOf(boot.state.session, boot.language, words(boot.language, { fr, en })('house'));
  mount(Cover, { target: document.body, props: { slate, languages: [boot.language], name } });
  if (wasTyping) document.getElementById('id_text')?.focus();

  const polling = new Polling<PhoneState>(boot.now_url, {
    state(state, at) {
      clock.hear(at);
      phone.take(state);
    },
    fresh(isFresh) {
      if (isFresh && !phone.isPolled) phone.lineIsBack();
      phone.isPolled = isFresh;
    },
  });
  const unheard = setTimeout(() => polling.start(), UNHEARD_MS);
  const hearStatus = (status: Status) => {
    phone.status = status;
    clearTimeout(unheard);
    if (status.state !== 'live') return polling.start();
    polling.stop();
    phone.lineIsBack();
  };
  follow<PhoneState, PhoneChange>(sourceOf(boot), {
    snapshot(state, at) {
      clock.hear(at);
      phone.take(state);
    },
    changes(changes) {
      changes.forEach((change) => phone.change(change));
    },
    status: hearStatus,
  });
  // By the same connection: neither needs a ticket.
  slate.follow(boot.slug, 'live');
  keepForOffline(boot);
}
