/**
 * Issuer scripts (Book 3, 6.5.1 to 6.5.3, 6.5.10; EMV Card Personalization and common core definitions for PUT
 * DATA): commands under the issuer's MAC, after the first cryptogram of the transaction.
 *
 * What must hold: a command with a wrong MAC changes nothing but the note that it failed, and ends scripts for this
 * transaction; each that is right takes effect in one commit, and cannot be played again, because the session key
 * comes from this transaction's cryptogram and each MAC from the one before.
 */
import { type Bytes, type CommandApdu, concat, type ResponseApdu, SW } from '@sokkin/codec';
import {
  decipherScriptData,
  openFormat1,
  openFormat2,
  type ScriptKeys,
  scriptSessionKey,
} from '@sokkin/crypto';
import { isPinBlock, type PurseState } from '@sokkin/purse';
import { failed, ok } from '../applet.ts';
import { type Context, commit, counterBytes, type FirstCryptogram, type Transaction } from './context.ts';
import { type EmvState, withFlags } from './state.ts';

interface Effect {
  readonly state?: EmvState;
  readonly purse?: PurseState;
}

interface ScriptCommand {
  readonly ins: number;
  readonly enciphered: boolean;
  /** What it does, or the status word that refuses it. */
  readonly run: (ctx: Context, p1p2: number, data: Bytes) => Effect | number;
}

const plain = (ins: number, effect: (state: EmvState) => EmvState): ScriptCommand => ({
  ins,
  enciphered: false,
  run: (ctx, p1p2, data) => {
    if (p1p2 !== 0) return SW.incorrectP1P2;
    return data.length === 0 ? { state: effect(ctx.state) } : SW.wrongLength;
  },
});

const SCRIPT_COMMANDS: readonly ScriptCommand[] = [
  plain(0x1e, (s) => withFlags(s, ['applicationBlocked'])),
  plain(0x18, (s) => withFlags(s, [], ['applicationBlocked'])),
  plain(0x16, (s) => withFlags(s, ['cardBlocked'])),
  { ins: 0x24, enciphered: true, run: changePin },
  { ins: 0xda, enciphered: false, run: putData },
];

/** PIN CHANGE/UNBLOCK: P2 00 gives the tries back, 02 sets a new PIN (format 2 block, enciphered) and does too. */
function changePin(ctx: Context, p1p2: number, data: Bytes): Effect | number {
  const purse = ctx.store.state;
  if (purse.pin === undefined) return SW.referenceDataNotUsable;
  const pin = { ...purse.pin, triesLeft: purse.profile.pinTries };
  if (p1p2 === 0x0000) return data.length === 0 ? { purse: { ...purse, pin } } : SW.wrongLength;
  if (p1p2 !== 0x0002) return SW.incorrectP1P2;
  return isPinBlock(data) ? { purse: { ...purse, pin: { ...pin, block: data.slice() } } } : SW.wrongData;
}

/** PUT DATA: the limits of consecutive offline approvals. */
function putData({ state }: Context, tag: number, data: Bytes): Effect | number {
  const [value] = data;
  if (tag !== 0x9f14 && tag !== 0x9f23) return SW.referencedDataNotFound;
  if (value === undefined || data.length !== 1) return SW.wrongLength;
  const limit = tag === 0x9f14 ? { lowerCount: value } : { upperCount: value };
  return { state: { ...state, limits: { ...state.limits, ...limit } } };
}

export const isScriptCommand = ({ cla, ins }: CommandApdu): boolean =>
  (cla & 0xf3) === 0x80 && SCRIPT_COMMANDS.some((c) => c.ins === ins);

export async function runScriptCommand(ctx: Context, command: CommandApdu): Promise<ResponseApdu> {
  const { transaction } = ctx;
  const found = SCRIPT_COMMANDS.find((c) => c.ins === command.ins);
  if (found === undefined || transaction?.first === undefined) return failed(SW.conditionsNotSatisfied);
  if (transaction.script?.failed === true) return failed(SW.conditionsNotSatisfied);
  const data = open(ctx, transaction, transaction.first, command, found.enciphered);
  if (data === undefined) {
    transaction.script = { chaining: new Uint8Array(8), failed: true };
    await commit(ctx, withFlags(ctx.state, ['scriptFailed']));
    return failed(SECURE_MESSAGING_WRONG);
  }
  const effect = found.run(ctx, (command.p1 << 8) | command.p2, data);
  if (typeof effect === 'number') {
    await commit(ctx, withFlags(ctx.state, ['scriptFailed']));
    return failed(effect);
  }
  const state = effect.state ?? ctx.state;
  await commit(ctx, { ...state, scripts: Math.min(state.scripts + 1, 15) }, effect.purse);
  return ok();
}

/** ISO/IEC 7816-4, 5.6: secure messaging data objects are incorrect. */
const SECURE_MESSAGING_WRONG = 0x6988;

/** The data of the command, if its MAC is right and it may be enciphered as it is. */
function open(
  ctx: Context,
  transaction: Transaction,
  first: FirstCryptogram,
  command: CommandApdu,
  enciphered: boolean,
): Bytes | undefined {
  const { control } = ctx.files;
  const { symmetric } = ctx.ports;
  const keys = scriptKeys(ctx, first);
  const macLength = control.scriptMacLength;
  if (control.scriptFormat === 1) {
    const chaining = transaction.script?.chaining ?? first.cryptogram;
    const rules = { macLength, chaining, enciphered };
    const opened = openFormat1(symmetric, keys, rules, command);
    if (opened === undefined) return undefined;
    transaction.script = { chaining: opened.chaining, failed: false };
    return opened.data;
  }
  const transactionData = concat(counterBytes(ctx.state.atc), first.cryptogram);
  const data = openFormat2(symmetric, keys, { macLength, transactionData }, command);
  if (data === undefined || data.length === 0 || !enciphered) return data;
  return decipherScriptData(symmetric, control.cipher, keys.encipher, data, 'always');
}

function scriptKeys({ files, ports }: Context, { cryptogram }: FirstCryptogram): ScriptKeys {
  const { cipher } = files.control;
  const of = (master: Bytes) => scriptSessionKey(ports.symmetric, cipher, master, cryptogram);
  return { cipher, mac: of(files.keys.scriptMac), encipher: of(files.keys.scriptEncipher) };
}
