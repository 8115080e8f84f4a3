/**
 * Terminal action analysis (Book 3, 10.7; Book 4, 6.3.6): which cryptogram to ask for.
 *
 * What must hold: pure; a bit of the results that the issuer or the acquirer wants declined is declined, whatever else holds;
 * the answer depends on results and action codes, and on whether the issuer can be asked.
 */
import { type CryptogramType, decodeFlags, TVR_FLAGS, type TvrFlag } from '@sokkin/codec';
import type { CvmOutcome } from '../outcome.ts';
import { TAG } from '../tags.ts';
import type { KernelData } from './data.ts';
import { canGoOnline, type KernelEnv } from './env.ts';

export interface Analysis {
  readonly ask: CryptogramType;
  /** Why, with the bits that decided. */
  readonly because: string;
}

const ALL: ReadonlySet<TvrFlag> = new Set(Object.keys(TVR_FLAGS.bits) as TvrFlag[]);
const NONE: ReadonlySet<TvrFlag> = new Set();

export function analyse(env: KernelEnv, data: KernelData, cvm: CvmOutcome): Analysis {
  const { actionCodes } = env.prepared.combination;
  const among = (issuer: ReadonlySet<TvrFlag>, terminal: ReadonlySet<TvrFlag>): TvrFlag[] =>
    [...data.tvr].filter((bit) => issuer.has(bit) || terminal.has(bit));
  const denied = among(issuerCode(data, TAG.actionDenial, NONE), actionCodes.denial);
  if (denied.length > 0) return told('aac', 'denial', denied);
  if (!canGoOnline(env)) return withoutIssuer(env, data, among);
  const online = among(issuerCode(data, TAG.actionOnline, ALL), actionCodes.online);
  if (online.length > 0) return told('arqc', 'online', online);
  // Book B, 3.1.1.9 to 3.1.1.11: what the card was told in the qualifiers holds for the terminal, too
  if (isOnlineRequired(env))
    return { ask: 'arqc', because: 'Pre-processing wants the issuer (Book B, 3.1.1).' };
  if (cvm === 'onlinePin')
    return { ask: 'arqc', because: 'Only the issuer can verify the PIN (Book 3, 10.5.2).' };
  return { ask: 'tc', because: 'Nothing speaks against an approval offline (Book 3, 10.7).' };
}

/** The issuer cannot be asked: default codes decide (10.7, terminals that are offline only or unable to go online). */
function withoutIssuer(
  env: KernelEnv,
  data: KernelData,
  among: (issuer: ReadonlySet<TvrFlag>, terminal: ReadonlySet<TvrFlag>) => TvrFlag[],
): Analysis {
  const { actionCodes } = env.prepared.combination;
  const found = among(issuerCode(data, TAG.actionDefault, ALL), actionCodes.default);
  if (found.length > 0) return told('aac', 'default', found);
  const { statusCheckRequested, zeroAmount } = env.prepared.indicators;
  // Where nothing is paid the issuer's word is the purpose
  if (statusCheckRequested || zeroAmount)
    return { ask: 'aac', because: 'The status of the card can only be asked online (Book B, 3.1.1).' };
  return { ask: 'tc', because: 'The issuer cannot be asked, and need not be (Book 3, 10.7).' };
}

const told = (ask: CryptogramType, codes: string, bits: readonly TvrFlag[]): Analysis => ({
  ask,
  because: `Action codes (${codes}) for ${bits.join(', ')} (Book 3, 10.7).`,
});

const isOnlineRequired = ({ prepared }: KernelEnv): boolean => ((prepared.qualifiers[1] ?? 0) & 0x80) !== 0;

/** An issuer action code; `absent`: what counts without one (10.7: denial none, online and default all). */
function issuerCode({ card }: KernelData, tag: number, absent: ReadonlySet<TvrFlag>): ReadonlySet<TvrFlag> {
  const code = card.get(tag);
  return code === undefined ? absent : decodeFlags(TVR_FLAGS, code);
}
