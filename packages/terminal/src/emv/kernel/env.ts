/**
 * What a kernel is activated with (Book B, 3.4.1), and the terminal's elements that follow from it.
 *
 * What must hold: the kernel asks nobody for time or chance: both are given here, once for each activation.
 */
import { ascii, type Bytes, type Epoch, encodeN, fromHex, u8 } from '@sokkin/codec';
import type { RsaVerifier } from '@sokkin/crypto';
import { type HolderMethod, isOfflineOnly, type TerminalConfig } from '../config/types.ts';
import { type Prepared, TRANSACTION_TYPE, type Transaction } from '../entry-point/preprocess.ts';
import { TAG } from '../tags.ts';

/** The terminal's clock, local time. */
export interface TerminalTime {
  /** YYMMDD and HHMMSS. */
  readonly date: string;
  readonly time: string;
  /** The day of `date`. */
  readonly today: Epoch;
  /** Seconds since any fixed moment: for how long ago something was. */
  readonly seconds: number;
}

/** All that stays the same while one kernel runs. */
export interface KernelEnv {
  readonly rsa: RsaVerifier;
  readonly config: TerminalConfig;
  readonly prepared: Prepared;
  readonly transaction: Transaction;
  readonly time: TerminalTime;
  /** Tag 9F37, 4 bytes. */
  readonly unpredictableNumber: Bytes;
  /** 1 to 99, for random transaction selection (Book 3, 10.6.2). */
  readonly lot: number;
}

/** Bytes of chance that an activation takes. */
export const CHANCE_BYTES = 6;

export function chanceOf(bytes: Bytes): Pick<KernelEnv, 'unpredictableNumber' | 'lot'> {
  // 65536 = 661 * 99 + 97: 1 to 97 come by 1/661 of a hundredth more often, which selection does not feel
  const lot = ((((bytes[4] ?? 0) << 8) | (bytes[5] ?? 0)) % 99) + 1;
  return { unpredictableNumber: bytes.slice(0, 4), lot };
}

/** Tag 9F35 of this transaction: without a network it calls itself what it then is. */
export const terminalTypeOf = ({ config, transaction }: KernelEnv): number =>
  transaction.hasNetwork ? config.terminalType : (config.terminalTypeWithoutNetwork ?? config.terminalType);

/** Whether the issuer could be asked. */
export const canGoOnline = ({ config, transaction }: KernelEnv): boolean =>
  transaction.hasNetwork && !isOfflineOnly(config.terminalType);

/** The methods of holder verification of this transaction (Book A, 5: by the CVM required limit). */
export function methodsOf(env: KernelEnv): ReadonlySet<HolderMethod> {
  const { combination, indicators } = env.prepared;
  const methods = indicators.cvmRequired ? combination.methodsAbove : combination.methodsBelow;
  return canGoOnline(env) ? methods : new Set([...methods].filter((m) => m !== 'onlinePin'));
}

/** Tag 9F33 (Book 4, Annex A2): contacts, what the transaction has of holder verification, DDA and CDA. */
export function capabilitiesOf(env: KernelEnv): Bytes {
  const methods = methodsOf(env);
  const second =
    (methods.has('onlinePin') ? 0x40 : 0) |
    (methods.has('signature') ? 0x20 : 0) |
    (methods.has('noCvm') ? 0x08 : 0);
  return Uint8Array.of(env.config.hasContacts ? 0x20 : 0, second, 0x48);
}

const NO_CVM_PERFORMED = fromHex('3f0000');
const MOST_BINARY = 0xffff_ffffn;

/** The terminal's elements at activation. */
export function ownElements(env: KernelEnv): ReadonlyMap<number, Bytes> {
  const { config, transaction, time, prepared } = env;
  const { combination } = prepared;
  const floor = combination.floorLimit;
  return new Map<number, Bytes>([
    [TAG.amount, encodeN(transaction.amount.toString(), 6)],
    [TAG.amountOther, encodeN(transaction.other.toString(), 6)],
    [TAG.type, u8(TRANSACTION_TYPE[transaction.type])],
    [TAG.currency, encodeN(config.currency, 2)],
    [TAG.currencyExponent, encodeN(String(config.exponent), 1)],
    [TAG.country, encodeN(config.country, 2)],
    [TAG.date, encodeN(time.date, 3)],
    [TAG.time, encodeN(time.time, 3)],
    [TAG.unpredictableNumber, env.unpredictableNumber],
    [TAG.terminalType, u8(terminalTypeOf(env))],
    [TAG.capabilities, capabilitiesOf(env)],
    [TAG.additionalCapabilities, config.additionalCapabilities],
    [TAG.deviceSerial, ascii(config.serial)],
    [TAG.terminalId, ascii(config.terminalId)],
    [TAG.merchantId, ascii(config.merchantId.padEnd(15))],
    [TAG.merchantCategory, encodeN(config.merchantCategory, 2)],
    [TAG.merchantName, ascii(config.merchantName)],
    [TAG.terminalVersion, combination.version],
    [TAG.qualifiers, prepared.qualifiers],
    [TAG.cvmResults, NO_CVM_PERFORMED],
    ...(floor !== undefined && floor <= MOST_BINARY
      ? [[TAG.floorLimit, Uint8Array.from([24n, 16n, 8n, 0n], (s) => Number((floor >> s) & 0xffn))] as const]
      : []),
  ]);
}
