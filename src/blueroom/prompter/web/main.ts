// The prompter: what the guest reads and taps. Messages: PrompterState, then PrompterChange
// (prompter/wire.py).
import '../../design/web/base.css';
import './prompter.css';
import { mount } from 'svelte';
import { keepAwake } from '../../design/web/awake';
import { readBoot, sourceOf } from '../../design/web/boot';
import { follow, type Following } from '../../design/web/live';
import { clock } from '../../design/web/time.svelte';
import { Prompter, type PrompterBoot } from './prompter.svelte';
import Page from './Prompter.svelte';
import type { PrompterChange, PrompterState } from './wire';

const { screen, boot } = readBoot<PrompterBoot>();
const prompter = new Prompter(boot);

clock.hear(new Date(boot.at));
keepAwake();
if (!navigator.onLine) prompter.lose();
let following = listen();
addEventListener('offline', () => prompter.lose());
addEventListener('online', () => {
  // The connection of before may be dead without knowing it; a new one begins with a snapshot.
  following.close();
  following = listen();
});

function listen(): Following {
  return follow<PrompterState, PrompterChange>(sourceOf(boot), {
    snapshot(state, at) {
      clock.hear(at);
      prompter.hear(state);
    },
    changes: (changes) => prompter.apply(changes),
    status: (status) => (prompter.status = status),
  });
}

mount(Page, { target: screen, props: { prompter } });
