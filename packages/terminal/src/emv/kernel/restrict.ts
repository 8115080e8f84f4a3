/**
 * Processing restrictions (Book 3, 10.4): versions, what the card may be used for, its dates.
 *
 * What must hold: pure; nothing ends here: each finding is a bit of the results, and action analysis decides.
 */
import { AUC_FLAGS, type AucFlag, type Bytes, decodeFlags, equal, hex, type TvrFlag } from '@sokkin/codec';
import { isAtm } from '../config/types.ts';
import { TAG } from '../tags.ts';
import { type KernelData, withResults } from './data.ts';
import { type KernelEnv, terminalTypeOf } from './env.ts';

export function restrict(env: KernelEnv, data: KernelData): KernelData {
  const { card, own } = data;
  const found: TvrFlag[] = [];
  // 10.4.1: a card without a version has the terminal's
  const [cardVersion, ownVersion] = [card.get(TAG.cardVersion), own.get(TAG.terminalVersion)];
  if (cardVersion !== undefined && ownVersion !== undefined && !equal(cardVersion, ownVersion))
    found.push('versionsDiffer');
  // 10.4.2
  if (!isServed(env, data)) found.push('serviceNotAllowed');
  // 10.4.3
  const today = calendarNumber(env.time.date);
  const effective = card.get(TAG.effective);
  if (effective !== undefined && today < calendarNumber(hex(effective))) found.push('notYetEffective');
  if (today > calendarNumber(hex(card.get(TAG.expiry) ?? new Uint8Array(3)))) found.push('expired');
  return withResults(data, found);
}

/** YYMMDD so that later days are larger: years up to 49 are of this century (Book 4, 6.7.3). */
const calendarNumber = (yymmdd: string): number =>
  Number(yymmdd) + (Number(yymmdd.slice(0, 2)) < 50 ? 1_000_000 : 0);

function isServed(env: KernelEnv, { card }: KernelData): boolean {
  const usage = card.get(TAG.usage);
  if (usage === undefined) return true;
  const auc = decodeFlags(AUC_FLAGS, usage);
  const { config, transaction } = env;
  const place = isAtm(terminalTypeOf(env), config.additionalCapabilities) ? 'atAtms' : 'atOtherTerminals';
  if (!auc.has(place)) return false;
  // The rest needs the issuer's country: without it nothing is known to be foreign
  const country = card.get(TAG.issuerCountry);
  if (country === undefined) return true;
  const where = isSameNumber(country, config.country) ? 'domestic' : 'international';
  return SERVICES[transaction.type].every((either) => either.some((s) => auc.has(`${where}${s}` as AucFlag)));
}

const isSameNumber = (bcd: Bytes, digits: string): boolean => Number(hex(bcd)) === Number(digits);

/** What each type of transaction needs: all of the rows, any of each row. */
const SERVICES = {
  purchase: [['Goods', 'Services']],
  cash: [['Cash']],
  cashback: [['Goods', 'Services'], ['Cashback']],
} as const;
