// Opens the heat map: its points come by address, what happens then by the stream.
import { mount } from 'svelte';
import { clock } from '../../../design/web/time.svelte';
import Map from '../Heat.svelte';
import type { HeatBoot } from '../main';
import { askedBy, Heat, type FetchPoints } from './heat.svelte';
import { unpack } from './points';

const GONE = [403, 404, 410];

const pointsFrom =
  (url: string): FetchPoints =>
  async (after) => {
    const answer = await fetch(after ? `${url}?after=${after}` : url); // the page has the whole preloaded
    if (GONE.includes(answer.status)) return null;
    if (!answer.ok) throw new Error(`The points could not be fetched: ${answer.status}.`);
    return unpack(await answer.arrayBuffer());
  };

export function open(target: HTMLElement, boot: HeatBoot): Heat {
  const now_s = () => clock.exact.getTime() / 1000;
  const heat = new Heat(boot.state, askedBy(location.search), pointsFrom(boot.points_url), now_s);
  void heat.catchUp(boot.state.revision);
  mount(Map, { target, props: { heat, boot } });
  return heat;
}
