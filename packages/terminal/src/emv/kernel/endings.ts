/**
 * The outcomes of a kernel (Book A, 6; Book B, 3.5), with the data that goes to issuer or acquirer.
 *
 * What must hold: pure; what is approved or sent to the issuer carries exactly the elements that card and terminal had when
 * the cryptogram was made.
 */
import { type Bytes, fromAscii, type TsiFlag, type TvrFlag, u8 } from '@sokkin/codec';
import {
  type ContactlessOutcome,
  type CvmOutcome,
  type DataRecord,
  type DiscretionaryData,
  ERROR_HOLD,
  noVerdict,
  QUIET,
  type Reason,
  type RecoveredTransaction,
  uiRequest,
} from '../outcome.ts';
import { TAG } from '../tags.ts';
import type { Authentication } from './authenticate.ts';
import type { GivenCryptogram } from './cryptogram.ts';
import type { KernelData } from './data.ts';

/** What an issuer needs for its verdict and an acquirer for clearing (Book 4, 12.1), as far as both sides have it. */
const RECORDED: readonly number[] = [
  TAG.cryptogram,
  TAG.information,
  TAG.issuerData,
  TAG.unpredictableNumber,
  TAG.atc,
  TAG.results,
  TAG.status,
  TAG.date,
  TAG.time,
  TAG.type,
  TAG.amount,
  TAG.amountOther,
  TAG.currency,
  TAG.interchange,
  TAG.country,
  TAG.capabilities,
  TAG.cvmResults,
  TAG.terminalType,
  TAG.deviceSerial,
  TAG.terminalId,
  TAG.merchantId,
  TAG.merchantCategory,
  TAG.dfName,
  TAG.terminalAid,
  TAG.terminalVersion,
  TAG.sequence,
  TAG.pan,
  TAG.expiry,
  0x57,
  0x9f24,
];

/** `shown`: all elements as they stood when the cryptogram was asked for. */
export function dataRecord(shown: ReadonlyMap<number, Bytes>, given: GivenCryptogram): DataRecord {
  const all = new Map(shown);
  all.set(TAG.information, u8(given.information)).set(TAG.atc, given.atc);
  if (given.cryptogram !== undefined) all.set(TAG.cryptogram, given.cryptogram);
  if (given.issuerData !== undefined) all.set(TAG.issuerData, given.issuerData);
  return new Map(
    RECORDED.flatMap((tag) => {
      const value = all.get(tag);
      return value === undefined ? [] : [[tag, value] as const];
    }),
  );
}

/** What stood at the end, for logs. */
export interface Standing {
  readonly data: KernelData;
  readonly authentication: Authentication | undefined;
  readonly recoveredOther: RecoveredTransaction | undefined;
}

export function discretionary(
  { data, authentication, recoveredOther }: Standing,
  reason: Reason,
  because: string,
  more: Partial<DiscretionaryData> = {},
): DiscretionaryData {
  return noVerdict(reason, because, {
    tvr: [...data.tvr] as readonly TvrFlag[],
    tsi: [...data.tsi] as readonly TsiFlag[],
    ...(authentication && { authentication: `${authentication.method}: ${authentication.verdict}` }),
    ...(recoveredOther && { recoveredOther }),
    ...more,
  });
}

/** Tag 5F2D, two letters each, for the texts that are shown. */
export function languagesOf({ card }: KernelData): readonly string[] {
  const value = card.get(TAG.languages);
  if (value === undefined || value.some((b) => b < 0x41 || b > 0x7a)) return [];
  return fromAscii(value).toLowerCase().match(/../g) ?? [];
}

interface Ended {
  readonly shown: ReadonlyMap<number, Bytes>;
  readonly given: GivenCryptogram;
  readonly cvm: CvmOutcome;
  readonly canGoOnline: boolean;
  readonly recovered: boolean;
  /** Why this was asked for. */
  readonly because: string;
}

/** The end that a cryptogram makes. */
export function ending(standing: Standing, ended: Ended): ContactlessOutcome {
  const { given } = ended;
  // Book 2, 6.6.2; Book 4, 6.3.2.1: what is not signed as it must be counts for nothing
  if (given.cda !== undefined && given.cda !== 'authentic')
    return declined(
      standing,
      ended,
      'cda_failed',
      `The card's signature does not hold: ${given.cda} (Book 2, 6.6.2).`,
    );
  switch (given.type) {
    case 'tc':
      return approved(standing, ended);
    case 'arqc':
      return ended.canGoOnline
        ? onlineRequest(standing, ended)
        : declined(
            standing,
            ended,
            'declined_by_terminal',
            'The card wants its issuer asked, and there is no way to it.',
          );
    case 'aac':
      return declined(
        standing,
        ended,
        'declined_by_card',
        `${ended.because} The card gave an AAC (Book 3, 9.3).`,
      );
  }
}

function approved(standing: Standing, { shown, given, cvm, recovered, because }: Ended): ContactlessOutcome {
  const languages = languagesOf(standing.data);
  return {
    ...QUIET,
    outcome: 'approved',
    cvm,
    receipt: true,
    uiRequestOnOutcome: uiRequest(cvm === 'signature' ? 'approvedSign' : 'approved', 'cardReadSuccessfully', {
      languages,
    }),
    dataRecord: dataRecord(shown, given),
    discretionary: discretionary(standing, recovered ? 'recovered' : 'approved_offline', because, {
      recovered,
    }),
  };
}

function onlineRequest(standing: Standing, { shown, given, cvm, because }: Ended): ContactlessOutcome {
  const languages = languagesOf(standing.data);
  return {
    ...QUIET,
    outcome: 'onlineRequest',
    cvm,
    uiRequestOnOutcome: uiRequest(cvm === 'onlinePin' ? 'enterPin' : 'authorising', 'cardReadSuccessfully', {
      languages,
    }),
    dataRecord: dataRecord(shown, given),
    discretionary: discretionary(standing, 'online_needed', because),
  };
}

function declined(
  standing: Standing,
  { shown, given, recovered }: Ended,
  reason: Reason,
  because: string,
): ContactlessOutcome {
  const failed = reason === 'cda_failed';
  const { data } = standing;
  const judged = failed
    ? { ...standing, data: { ...data, tvr: new Set([...data.tvr, 'cdaFailed' as const]) } }
    : standing;
  const message = reason === 'declined_by_card' ? {} : { holdTime: ERROR_HOLD };
  return {
    ...QUIET,
    outcome: 'declined',
    receipt: true,
    uiRequestOnOutcome: uiRequest('declined', 'cardReadSuccessfully', {
      languages: languagesOf(data),
      ...message,
    }),
    dataRecord: dataRecord(shown, given),
    discretionary: discretionary(judged, reason, because, { recovered }),
  };
}
