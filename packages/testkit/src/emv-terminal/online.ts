/**
 * What the issuer says, brought to the card: its authentication (Book 3, 10.9) and its scripts (10.10).
 *
 * What must hold: EXTERNAL AUTHENTICATE is sent once and only to a card that announces it; script commands go in their
 * order, and the first that fails ends its script.
 */
import {
  type Bytes,
  type CommandApdu,
  command,
  decodeCommand,
  decodeTlv,
  encodeFlags,
  TSI_FLAGS,
  TVR_FLAGS,
  u8,
} from '@sokkin/codec';
import { ask, type Session } from './session.ts';
import type { GivenCryptogram, IssuerReply } from './types.ts';
import { strictly, violated } from './violation.ts';

/** The elements of an authorisation request: all that the terminal and the card know, by tag. */
export function messageOf(session: Session, given: GivenCryptogram): Map<number, Bytes> {
  return new Map<number, Bytes>([
    ...session.card,
    ...session.own,
    [0x95, encodeFlags(TVR_FLAGS, session.tvr)],
    [0x9b, encodeFlags(TSI_FLAGS, session.tsi)],
    [0x9f27, u8(given.information)],
    [0x9f36, given.atc],
    ...(given.cryptogram === undefined ? [] : [[0x9f26, given.cryptogram] as const]),
    ...(given.iad === undefined ? [] : [[0x9f10, given.iad] as const]),
  ]);
}

/** EXTERNAL AUTHENTICATE (6.5.4), if the issuer sent its data and the card announced the command. */
export async function authenticateIssuer(
  session: Session,
  announced: boolean,
  data: Bytes | undefined,
): Promise<'none' | 'accepted' | 'refused'> {
  if (data === undefined) return 'none';
  if (data.length < 8 || data.length > 16) throw new Error(`Test: tag 91 of ${data.length} bytes`);
  if (!announced) {
    session.own.set(0x91, data);
    return 'none';
  }
  session.tsi.add('issuerAuthenticationPerformed');
  const { sw } = await ask(session, command(0x00, 0x82, 0x00, 0x00, data));
  if (sw === 0x9000) return 'accepted';
  if (sw !== 0x6300)
    violated('Book 3, 6.5.4.4', `EXTERNAL AUTHENTICATE was answered with ${sw.toString(16)}`);
  session.tvr.add('issuerAuthenticationFailed');
  return 'refused';
}

const SCRIPT_COMMAND = 0x86;
const REPEATED = { repeatable: new Set([SCRIPT_COMMAND]) };

/** The scripts of one template: 71 before the final GENERATE AC, 72 after it. */
export async function runScripts(
  session: Session,
  { scripts = [] }: IssuerReply,
  template: 0x71 | 0x72,
): Promise<number[]> {
  const words: number[] = [];
  for (const bytes of scripts) {
    const script = decodeTlv(bytes, REPEATED);
    if (script.tag !== template) continue;
    session.tsi.add('scriptsProcessed');
    const commands = (script.children ?? []).filter((t) => t.tag === SCRIPT_COMMAND).map((t) => t.value);
    for (const c of commands) {
      const { sw } = await ask(session, scriptCommand(c));
      words.push(sw);
      if (isWarningOrOk(sw)) continue;
      session.tvr.add(template === 0x71 ? 'scriptFailedBeforeFinal' : 'scriptFailedAfterFinal');
      break;
    }
  }
  return words;
}

const scriptCommand = (bytes: Bytes): CommandApdu => strictly('test script', () => decodeCommand(bytes));

/** 90, 62 and 63 let the script go on (Book 3, 10.10). */
const isWarningOrOk = (sw: number): boolean => [0x90, 0x62, 0x63].includes(sw >> 8);
