/**
 * A session: what a reader says to a card from power on until power off. A purse command is a session of its own; a
 * sale in a shop is one of several commands.
 *
 * What must hold: what a session says depends on the card's answers alone, so one session on one memory always goes
 * the same way.
 */
import { type Bytes, command, encodeCommand, type ResponseApdu } from '@sokkin/codec';
import { CLA, INS, PURSE_AID } from '@sokkin/purse';
import { fingerprintText } from './symbolic-crypto.ts';

export type Say = (apdu: Bytes) => Promise<ResponseApdu>;

export interface Session {
  /** Equal for sessions that say the same. */
  readonly key: string;
  /** The answer that the session is about; a refusal ends it. */
  run(say: Say): Promise<ResponseApdu>;
  /** What gets the very same answer afterwards, and changes no purse (I4); undefined: nothing does. */
  again(answer: ResponseApdu): Session | undefined;
  /** Whether every such session counts: it is written down that it began. Else, said again, it writes nothing. */
  readonly counts: boolean;
}

export const apduOf = (cla: number, ins: number, p1: number, data: Bytes): Bytes =>
  encodeCommand(command(cla, ins, p1, 0, data, 65536), { extended: true });

export const selectOf = (aid: Bytes): Bytes => apduOf(CLA.interindustry, INS.select, 0x04, aid);
export const SELECT_PURSE = selectOf(PURSE_AID);

/** SELECT of the purse, and one command of it. */
export function purseSession(ins: number, data: Bytes): Session {
  const apdu = apduOf(CLA.purse, ins, 0, data);
  const session: Session = {
    key: fingerprintText(apdu),
    counts: false,
    async run(say) {
      await say(SELECT_PURSE);
      return say(apdu);
    },
    again: () => session,
  };
  return session;
}
