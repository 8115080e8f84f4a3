/**
 * The EMV payment application on the purse's balance (docs/spec/card-application.md, section 11): EMV Books 1 to 3 at
 * the contacts, Book B's selection and the same commands without them.
 *
 * What must hold: it exists for readers once it is personalised; SELECT begins anew, and nothing of a transaction
 * outlives it but what is in memory.
 */
import { type CommandApdu, concat, EMV_MODULE_AID, type ResponseApdu, SW, tlv } from '@sokkin/codec';
import { type Applet, failed } from '../applet.ts';
import type { EmvPorts } from '../ports.ts';
import type { CardStore } from '../store.ts';
import { externalAuthenticate, getChallenge, internalAuthenticate, verify } from './authenticate.ts';
import { type Command, type Context, contextOver } from './context.ts';
import { contactDirectory, proximityDirectory } from './directory.ts';
import { decodeFiles } from './files.ts';
import { emvPersonalisation } from './personalise.ts';
import { getData, readRecord } from './read.ts';
import { isScriptCommand, runScriptCommand } from './script.ts';
import { generateAc, getProcessingOptions, recoverAc } from './transaction.ts';

export const EMV_COMMANDS: readonly Command[] = [
  getProcessingOptions,
  readRecord,
  getData,
  generateAc,
  recoverAc,
  internalAuthenticate,
  externalAuthenticate,
  getChallenge,
  verify,
];

/**
 * The payment application and the two directories that lead to it. `commands`: other ones than usual; tests break one
 * on purpose, which must be found out.
 */
export function emvApplets(
  store: CardStore,
  ports: EmvPorts,
  commands: readonly Command[] = EMV_COMMANDS,
): Applet[] {
  let ctx: Context | undefined;
  const context = (): Context | undefined => {
    if (ctx === undefined && store.section('emv') !== undefined)
      ctx = contextOver(store, ports, decodeFiles(store.files));
    return ctx;
  };
  const payment: Applet = {
    get aid() {
      return context()?.files.control.aid ?? EMV_MODULE_AID;
    },
    secureMessaging: true,
    personalisation: emvPersonalisation(store, ports, context),
    isSelectable: () => context() !== undefined,
    select: () => select(context()),
    process: (command) => run(context(), commands, command),
    deselect() {
      if (ctx !== undefined) ctx.transaction = undefined;
    },
  };
  return [payment, proximityDirectory(context), contactDirectory(context)];
}

function select(ctx: Context | undefined): ResponseApdu {
  if (ctx === undefined) return failed(SW.fileNotFound);
  ctx.transaction = undefined;
  const { flags } = ctx.state;
  if (flags.has('cardBlocked')) return failed(SW.functionNotSupported);
  const { control, fci } = ctx.files;
  const data = tlv(0x6f, concat(tlv(0x84, control.aid), tlv(0xa5, fci)));
  return { data, sw: flags.has('applicationBlocked') ? SW.fileDeactivated : SW.ok };
}

async function run(
  ctx: Context | undefined,
  commands: readonly Command[],
  command: CommandApdu,
): Promise<ResponseApdu> {
  if (ctx === undefined || ctx.state.flags.has('cardBlocked')) return failed(SW.conditionsNotSatisfied);
  if ((command.cla & SECURE) !== 0) {
    return isScriptCommand(command) ? runScriptCommand(ctx, command) : failed(SW.secureMessagingNotSupported);
  }
  const known = commands.filter((c) => c.ins === command.ins);
  if (known.length === 0) return failed(SW.insNotSupported);
  const found = known.find((c) => c.cla === command.cla);
  return found === undefined ? failed(SW.claNotSupported) : found.run(ctx, command);
}

const SECURE = 0x0c;
