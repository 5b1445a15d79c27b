// What stands against a reply, in the words of the screen where it has some of its own.
import type { Say } from '../../design/web/words';
import type { Problem } from './api';

/** The sentence for a problem: ours, in the reader's language, or the one that came with it. */
export function sayProblem(say: Say, { code, message }: Problem, network: string): string {
  const key = `reply.problem.${code}`;
  const ours = say(key, { network });
  return ours === key ? message : ours;
}
