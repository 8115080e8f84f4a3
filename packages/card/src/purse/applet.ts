/**
 * The purse applet: a table of commands over one purse (docs/spec/card-application.md).
 * The pipeline is the same for all: class, instruction and P1-P2 known? data exactly right? messages and
 * chains verified? then one pure step, one commit, one answer.
 */
import { type CommandApdu, concat, type ResponseApdu, SW, tlv, u16 } from '@sokkin/codec';
import type { CryptoPort } from '@sokkin/crypto';
import { APPLICATION_VERSION, LIFECYCLES, MAX_COMMAND_DATA, object, PURSE_AID } from '@sokkin/purse';
import { type Applet, failed, NO_DATA } from '../applet.ts';
import type { PurseStore } from '../store.ts';
import { changeReferenceData, generateKey, storeData, verify } from './birth.ts';
import { type Command, type Context, newSession } from './context.ts';
import { certificateReader } from './data.ts';
import { pursePersonalisation } from './personalisation.ts';
import { getData } from './read.ts';
import { applyGrantCommand, readJournal, statementCommand } from './sync.ts';
import {
  cancelCommand,
  creditCommand,
  issueTicketCommand,
  payCommand,
  reissueCommand,
  settleCommand,
  voidTicketCommand,
} from './value.ts';

export const PURSE_COMMANDS: readonly Command[] = [
  verify,
  changeReferenceData,
  generateKey,
  storeData,
  getData,
  issueTicketCommand,
  voidTicketCommand,
  payCommand,
  reissueCommand,
  settleCommand,
  creditCommand,
  cancelCommand,
  statementCommand,
  applyGrantCommand,
  readJournal,
];

/** Beside a security domain, the purse is born through its secure channel only. */
export const PURSE_COMMANDS_BESIDE_DOMAIN: readonly Command[] = PURSE_COMMANDS.map((command) =>
  command === generateKey || command === storeData
    ? { ...command, run: async () => failed(SW.securityStatusNotSatisfied) }
    : command,
);

/** `commands`: other ones than usual; tests break one on purpose, which must be found out. */
export function purseApplet(
  store: PurseStore,
  crypto: CryptoPort,
  commands: readonly Command[] = PURSE_COMMANDS,
): Applet {
  const ctx: Context = { store, crypto, session: newSession(), readCertificate: certificateReader() };
  return {
    aid: PURSE_AID,
    personalisation: pursePersonalisation(ctx),
    select() {
      Object.assign(ctx.session, newSession());
      const { identity, lifecycle } = store.state;
      const info = tlv(
        0xc0,
        Uint8Array.of(APPLICATION_VERSION, LIFECYCLES.indexOf(lifecycle)),
        u16(MAX_COMMAND_DATA),
      );
      const certificate = identity === undefined ? NO_DATA : object('purse', identity.purse.bytes);
      return {
        data: tlv(0x6f, concat(tlv(0x84, PURSE_AID), tlv(0xa5, concat(info, certificate)))),
        sw: SW.ok,
      };
    },
    async process(command: CommandApdu): Promise<ResponseApdu> {
      const known = commands.filter((c) => c.ins === command.ins);
      if (known.length === 0) return failed(SW.insNotSupported);
      const found = known.find((c) => c.cla === command.cla);
      if (found === undefined) return failed(SW.claNotSupported);
      if (found.p1p2 !== undefined && found.p1p2 !== ((command.p1 << 8) | command.p2)) {
        return failed(SW.incorrectP1P2);
      }
      return found.run(ctx, command);
    },
    deselect() {
      Object.assign(ctx.session, newSession());
    },
  };
}
