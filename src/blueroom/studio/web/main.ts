// The studio, and the page by which somebody sends their picture: each loads only its own.
// Messages: StudioState, then StudioChange (./wire); the sender's own are in ./sender.
import '../../design/web/base.css';
import { mount } from 'svelte';
import { readBoot } from '../../design/web/boot';
import type { FeedBoot } from './feed.svelte';
import type { StudioBoot } from './studio.svelte';

const { screen, boot } = readBoot<StudioBoot | FeedBoot>();

if (boot.screen === 'feed') {
  const [{ Feed }, { default: Page }] = await Promise.all([
    import('./feed.svelte'),
    import('./Feed.svelte'),
  ]);
  const feed = new Feed(boot as FeedBoot);
  mount(Page, { target: screen, props: { feed } });
  feed.start();
} else {
  const [{ Studio }, { default: Page }] = await Promise.all([
    import('./studio.svelte'),
    import('./Studio.svelte'),
  ]);
  const studio = new Studio(boot as StudioBoot);
  mount(Page, { target: screen, props: { studio } });
  studio.start();
}
