/**
 * Where and how a token may be used (EMV Payment Tokenisation: token domain restriction controls).
 *
 * What must hold: a control that is there must be met by what the message says; a message that does not say it does not meet it; the
 * first control that is not met names the refusal.
 */
import type { AcceptanceOutcome } from '../acceptance/outcome.ts';
import type { EntryMode } from '../emv/rules.ts';
import type { TokenLife } from './lifecycle.ts';

export interface TokenDomain {
  /** Each undefined: no such control. */
  readonly devices: ReadonlySet<string> | undefined;
  readonly merchants: ReadonlySet<string> | undefined;
  readonly entries: ReadonlySet<EntryMode> | undefined;
  /** ISO 4217, three digits. */
  readonly currencies: ReadonlySet<string> | undefined;
  /** Minor units of one payment, and of all together. */
  readonly mostAmount: bigint | undefined;
  readonly mostTotal: bigint | undefined;
  /** Payments. */
  readonly mostCount: number | undefined;
  /** Milliseconds since 1970: from, and until but not at. */
  readonly validFrom: number;
  readonly validUntil: number;
  /** Whether a genuine cryptogram must come with it. */
  readonly needsCryptogram: boolean;
}

/** Payments that hold or took money under the token; what is released or taken back is not in it. */
export interface TokenUse {
  readonly total: bigint;
  readonly count: number;
}

export const UNUSED: TokenUse = { total: 0n, count: 0 };

/** What the message says. */
export interface TokenRequest {
  readonly amount: bigint;
  readonly currency: string;
  readonly entry: EntryMode;
  readonly merchant: string;
  readonly device: string | undefined;
  readonly cryptogram: 'genuine' | 'wrong' | 'none';
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The control that is not met, and what a shop is told; undefined: all are. */
export interface DomainRefusal {
  readonly control: keyof TokenDomain;
  readonly outcome: AcceptanceOutcome;
}

export function checkDomain(domain: TokenDomain, use: TokenUse, r: TokenRequest): DomainRefusal | undefined {
  const refused = (control: keyof TokenDomain, outcome: AcceptanceOutcome): DomainRefusal => ({
    control,
    outcome,
  });
  if (r.at < domain.validFrom) return refused('validFrom', 'card_not_yet_valid');
  if (r.at >= domain.validUntil) return refused('validUntil', 'card_expired');
  if (r.cryptogram === 'wrong') return refused('needsCryptogram', 'cryptogram_wrong');
  if (domain.needsCryptogram && r.cryptogram === 'none')
    return refused('needsCryptogram', 'cryptogram_missing');
  for (const [control, allowed, said] of [
    ['devices', domain.devices, r.device],
    ['merchants', domain.merchants, r.merchant],
    ['entries', domain.entries, r.entry],
    ['currencies', domain.currencies, r.currency],
  ] as const) {
    const names: ReadonlySet<string> | undefined = allowed;
    if (names !== undefined && (said === undefined || !names.has(said)))
      return refused(control, 'token_domain');
  }
  return checkAmounts(domain, use, r.amount, refused);
}

function checkAmounts(
  { mostAmount, mostTotal, mostCount }: TokenDomain,
  use: TokenUse,
  amount: bigint,
  refused: (control: keyof TokenDomain, outcome: AcceptanceOutcome) => DomainRefusal,
): DomainRefusal | undefined {
  if (mostAmount !== undefined && amount > mostAmount) return refused('mostAmount', 'token_limit');
  if (mostTotal !== undefined && use.total + amount > mostTotal) return refused('mostTotal', 'token_limit');
  if (mostCount !== undefined && use.count >= mostCount) return refused('mostCount', 'limit_count');
  return undefined;
}

/** What a token that does not pay now is to a shop; undefined: it pays. */
export function refusalOfLife({ stage, suspendedBy }: TokenLife): AcceptanceOutcome | undefined {
  if (stage === 'inactive') return 'token_inactive';
  if (stage === 'deactivated') return 'token_deactivated';
  return suspendedBy.size > 0 ? 'token_suspended' : undefined;
}
