// Posts that ask nothing: listed, searched, and made questions of by hand.
import type { Say } from '../../design/web/words';
import type { Api, PostLine } from './api';
import type { Notices } from './notices.svelte';

const PAGE = 60;
const TYPING_MS = 250;

export class Messages {
  items = $state.raw<PostLine[]>([]);
  next = $state.raw<string | number | null>(null);
  state = $state<'idle' | 'loading' | 'failed'>('idle');
  /** How many messages the house had when the list was fetched. */
  countThen = $state(0);
  promoting = $state<number | null>(null);

  private typed = '';
  private isCounted = false;
  private asked = 0;
  private typing: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private api: Api,
    private say: Say,
    private notices: Notices,
    private rightsEnded: () => void,
  ) {}

  /** Lists the newest messages with these words, once the typing rests. */
  search(typed: string): void {
    clearTimeout(this.typing);
    const isNew = typed.trim() !== this.typed;
    this.typed = typed.trim();
    this.typing = setTimeout(() => void this.load(true), isNew ? TYPING_MS : 0);
  }

  async load(fromTheTop = false): Promise<void> {
    const asked = ++this.asked;
    this.state = 'loading';
    const after = fromTheTop ? null : this.next;
    const answer = await this.api.messages({ q: this.typed, after, limit: PAGE });
    if (asked !== this.asked) return;
    if (!answer.ok) {
      if (answer.kind === 'rights') this.rightsEnded();
      this.state = 'failed';
      return;
    }
    this.state = 'idle';
    this.items = fromTheTop ? answer.value.items : [...this.items, ...answer.value.items];
    this.next = answer.value.next;
    if (fromTheTop) this.isCounted = false;
  }

  /** How many messages there are now: kept for a list that has just come. */
  noteCount(messages: number): void {
    if (this.isCounted || this.state !== 'idle') return;
    this.countThen = messages;
    this.isCounted = true;
  }

  /** Makes a question of a message; gives its id, or null where that failed. */
  async promote(post: PostLine): Promise<number | null> {
    this.promoting = post.id;
    const answer = await this.api.promote(post.id);
    this.promoting = null;
    if (answer.ok) {
      const { id } = answer.value;
      this.items = this.items.map((one) => (one.id === post.id ? { ...one, question_id: id } : one));
      this.notices.say(this.say('messages.promoted'));
      return id;
    }
    if (answer.kind === 'rights') this.rightsEnded();
    else this.notices.show('wrong', answer.message || this.say('unreachable'));
    return null;
  }
}
