// Opens the remote in a page. Apart from main.ts: walls have no use for it.
import './remote.css';
import { mount } from 'svelte';
import Page from './Remote.svelte';
import { Remote, type RemoteBoot } from './remote.svelte';

export function open(screen: HTMLElement, boot: RemoteBoot): void {
  const remote = new Remote(boot);
  mount(Page, { target: screen, props: { remote } });
  remote.start();
}
