/**
 * A dishonest or broken link between reader and card: it drops, duplicates, reorders and delays commands, and
 * loses answers. Seeded: one seed, one story.
 *
 * What must hold: the link never invents a command or an answer; it only repeats, holds back and loses real ones.
 * A command that is delayed reaches the card in a later tap, when nobody waits for its answer any more.
 */
import type { Bytes } from '@sokkin/codec';
import { type ApduTransport, cardLost } from '@sokkin/terminal';

export type LinkFault =
  /** The command never arrives, and the reader gives up. */
  | 'drop'
  /** The answer is lost. */
  | 'lose_answer'
  /** The command arrives twice; the reader sees the second answer. */
  | 'duplicate'
  /** A command of before arrives once more just ahead of this one. */
  | 'reorder'
  /** The reader gives up, and the command arrives at the start of a later tap. */
  | 'delay';
export const LINK_FAULTS: readonly LinkFault[] = ['drop', 'lose_answer', 'duplicate', 'reorder', 'delay'];

export interface LinkPlan {
  readonly seed: number;
  /** Chance of a fault at each exchange, 0 to 1. */
  readonly rate: number;
  readonly faults?: readonly LinkFault[];
}

export interface FaultyLink {
  /** The next tap over this link. */
  tap(inner: ApduTransport): ApduTransport;
  /** What happened so far, oldest first. */
  readonly log: readonly LinkFault[];
}

export function faultyLink({ seed, rate, faults = LINK_FAULTS }: LinkPlan): FaultyLink {
  const random = seededRandom(seed);
  const log: LinkFault[] = [];
  const seen: Bytes[] = [];
  let delayed: Bytes[] = [];

  async function overdue(inner: ApduTransport): Promise<void> {
    const commands = delayed;
    delayed = [];
    for (const command of commands) await inner.transmit(command);
  }

  async function pass(inner: ApduTransport, command: Bytes): Promise<Bytes> {
    seen.push(command.slice());
    return inner.transmit(command);
  }

  async function misbehave(fault: LinkFault, inner: ApduTransport, command: Bytes): Promise<Bytes> {
    switch (fault) {
      case 'drop':
        throw cardLost();
      case 'lose_answer':
        await pass(inner, command);
        throw cardLost();
      case 'duplicate':
        await pass(inner, command);
        return inner.transmit(command);
      case 'reorder': {
        const old = seen[Math.floor(random() * seen.length)];
        if (old !== undefined) await inner.transmit(old);
        return pass(inner, command);
      }
      case 'delay':
        delayed.push(command.slice());
        throw cardLost();
    }
  }

  return {
    log,
    tap(inner) {
      let begun = false;
      let lost = false;
      return {
        extended: inner.extended,
        async transmit(command) {
          if (lost) throw cardLost();
          if (!begun) {
            begun = true;
            await overdue(inner);
          }
          const fault = random() < rate ? faults[Math.floor(random() * faults.length)] : undefined;
          if (fault === undefined) return pass(inner, command);
          log.push(fault);
          try {
            return await misbehave(fault, inner, command);
          } catch (error) {
            lost = true;
            throw error;
          }
        },
      };
    },
  };
}

/** mulberry32. */
function seededRandom(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
