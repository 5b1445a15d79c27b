// What the server wrote into the page for its screen.
import type { Source } from './connection';

export interface Boot {
  slug: string;
  language: 'fr' | 'en';
  topic: string;
  stream: string | null;
  ticket_url: string | null;
  api: string;
  csrf: string;
}

/** The element of the screen, and the boot JSON of the page, with the screen's own fields. */
export function readBoot<Own = unknown>(): { screen: HTMLElement; boot: Boot & Own } {
  const screen = document.getElementById('screen');
  if (!screen?.dataset.boot) throw new Error('The page has no #screen with data-boot.');
  return { screen, boot: JSON.parse(screen.dataset.boot) as Boot & Own };
}

/** Where the screen's stream is, for `follow`. */
export const sourceOf = (boot: Boot): Source => ({
  topic: boot.topic,
  stream: boot.stream,
  ticketUrl: boot.ticket_url,
});
