// What the server writes into the page that the service worker keeps for phones without a line.
export interface OfflineBoot {
  is_offline: true;
  guest: string;
  room: string;
  when: string;
  page_url: string;
}
