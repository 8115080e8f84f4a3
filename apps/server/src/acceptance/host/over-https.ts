/**
 * Messages of terminals that have a key of their own, over HTTPS: the same decisions as over a connection.
 *
 * What must hold: a terminal speaks under its own name, for its own merchant, and about no day or key of its acquirer; whatever the octets, it gets
 * an answer in its dialect, or a sentence why they are no message; an approval that could not be handed over is treated as its link says.
 */
import { type Bytes, type IsoMessage, type MtiClass, responseMti } from '@sokkin/codec';
import type { AcceptanceOutcome } from '@sokkin/issuer';
import { networkActOf } from '@sokkin/node';
import type { ShopAnswer } from '../desk.ts';
import { networkAnswer, refusal, writeAnswer } from './answers.ts';
import type { HostLink } from './links.ts';
import { nameOfMessage } from './log.ts';
import { readMessage } from './read-message.ts';
import type { MessageRoom } from './room.ts';

/** Whose messages are taken. */
export interface Speaker {
  readonly link: HostLink;
  /** Field 41. */
  readonly terminal: string;
  /** Field 42. */
  readonly acceptor: string;
}

export type HttpsAnswer =
  | {
      readonly kind: 'answered';
      readonly octets: Bytes;
      /** The answer was lost on its way. */
      readonly notHandedOver: () => Promise<void>;
    }
  | { readonly kind: 'unreadable'; readonly why: string };

const DECIDED: ReadonlySet<MtiClass> = new Set(['authorisation', 'financial', 'reversal', 'reconciliation']);
/** What one of many terminals says is of itself: days and keys are the acquirer's. */
const OF_A_TERMINAL: ReadonlySet<string> = new Set(['sign-on', 'sign-off', 'echo']);
const [TERMINAL, ACCEPTOR] = [41, 42] as const;
const nothing = async (): Promise<void> => undefined;

export async function answerOverHttps(
  room: MessageRoom,
  speaker: Speaker,
  octets: Bytes,
): Promise<HttpsAnswer> {
  const began = performance.now();
  const { link } = speaker;
  const read = readMessage(link.profile, octets);
  if (read.kind === 'hopeless') return { kind: 'unreadable', why: read.failure.message };
  const { message } = read;
  if (responseMti(message.mti) === undefined)
    return { kind: 'unreadable', why: 'A message of this type gets no answer.' };
  const note = (outcome: AcceptanceOutcome | 'network'): void => {
    const ms = performance.now() - began;
    room.metrics.answered(message.mti.class, outcome, ms / 1000);
    const line = { link: link.row.id, ...nameOfMessage(message), outcome, ms: Math.round(ms * 10) / 10 };
    room.log.debug(line, 'answered over HTTPS');
  };
  if (read.kind === 'message' && message.mti.class === 'network-management' && isOfATerminal(link, message)) {
    note('network');
    const answer = link.line.write(networkAnswer(link.profile, message));
    return { kind: 'answered', octets: answer, notHandedOver: nothing };
  }
  const answer = read.kind === 'unreadable' ? refusal('format_error') : await decide(room, speaker, message);
  note(answer.outcome);
  return {
    kind: 'answered',
    octets: writeAnswer(link.line, undefined, message, answer),
    async notHandedOver() {
      room.metrics.notHandedOver();
      await room.decisions.notHandedOver(link, message, answer);
    },
  };
}

function isOfATerminal(link: HostLink, message: IsoMessage): boolean {
  const act = message.mti.function === 'request' ? networkActOf(link.profile, message) : undefined;
  return act !== undefined && OF_A_TERMINAL.has(act);
}

async function decide(room: MessageRoom, speaker: Speaker, message: IsoMessage): Promise<ShopAnswer> {
  if (!DECIDED.has(message.mti.class)) return refusal('transaction_invalid');
  const [terminal, acceptor] = [textOf(message, TERMINAL), textOf(message, ACCEPTOR)];
  if (terminal === undefined || acceptor === undefined) return refusal('format_error');
  if (terminal !== speaker.terminal || acceptor !== speaker.acceptor) return refusal('not_permitted');
  return room.decisions.answer(speaker.link, message);
}

/** Without the blanks that fill it up. */
function textOf({ fields }: IsoMessage, field: number): string | undefined {
  const value = fields.get(field);
  return typeof value === 'string' ? value.trimEnd() : undefined;
}
