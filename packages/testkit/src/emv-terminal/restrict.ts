/** Processing restrictions (Book 3, 10.4): version, usage, dates. Nothing ends here; the results tell. */
import {
  AUC_FLAGS,
  type AucFlag,
  type Bytes,
  decodeFlags,
  encodeN,
  equal,
  hex,
  isoOfEpoch,
} from '@sokkin/codec';
import type { Session } from './session.ts';

const CASHBACK = 0x09;
const CASH = 0x01;
/** Terminal types of financial institutions that give cash without a person (Book 4, Annex A1). */
const ATM: ReadonlySet<number> = new Set([0x14, 0x15, 0x16]);

export function restrict(session: Session): void {
  const { card, own, setup, tvr } = session;
  const version = card.get(0x9f08);
  if (version && setup.version && !equal(version, setup.version)) tvr.add('versionsDiffer');
  const usage = card.get(0x9f07);
  if (usage && !isAllowed(decodeFlags(AUC_FLAGS, usage), card.get(0x5f28), own)) tvr.add('serviceNotAllowed');
  const today = isoOfEpoch(setup.today).replaceAll('-', '');
  const [effective, expiry] = [dateOf(card.get(0x5f25)), dateOf(card.get(0x5f24))];
  if (effective !== undefined && effective > today) tvr.add('notYetEffective');
  if (expiry !== undefined && expiry < today) tvr.add('expired');
}

/** YYYYMMDD; two-digit years up to 49 are of this century (Book 4, 6.7.3). */
function dateOf(value: Bytes | undefined): string | undefined {
  if (value === undefined) return undefined;
  const digits = hex(value);
  return (digits < '5' ? '20' : '19') + digits;
}

/** 10.4.2: where, and for what. The country of the terminal is the issuer's: domestic. */
function isAllowed(usage: ReadonlySet<AucFlag>, country: Bytes | undefined, own: Session['own']): boolean {
  const isAtm = ATM.has(own.get(0x9f35)?.[0] ?? 0);
  if (!usage.has(isAtm ? 'atAtms' : 'atOtherTerminals')) return false;
  if (country === undefined) return true;
  const isDomestic = equal(own.get(0x9f1a) ?? encodeN('0', 2), country);
  const allows = (domestic: AucFlag, international: AucFlag) =>
    usage.has(isDomestic ? domestic : international);
  switch (own.get(0x9c)?.[0]) {
    case CASH:
      return allows('domesticCash', 'internationalCash');
    case CASHBACK:
      return allows('domesticCashback', 'internationalCashback');
    default:
      return (
        allows('domesticGoods', 'internationalGoods') || allows('domesticServices', 'internationalServices')
      );
  }
}
