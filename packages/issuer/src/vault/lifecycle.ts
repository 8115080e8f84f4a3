/**
 * The life of a token: inactive, active, suspended, deactivated (EMV Payment Tokenisation, token states; docs/spec/token-vault.md,
 * section 4). Several parties may suspend it, each for itself.
 *
 * What must hold: a token pays only while it is active and nobody suspends it; a party lifts its own suspension and never another's;
 * what is deactivated stays so; asking for what already is changes nothing and is no error.
 */

/** Holder: whose account it is. Requestor: who had it made. Issuer: who keeps the account. Provider: who keeps the vault. */
export const TOKEN_PARTIES = ['holder', 'requestor', 'issuer', 'provider'] as const;
export type TokenParty = (typeof TOKEN_PARTIES)[number];

export type TokenState = 'inactive' | 'active' | 'suspended' | 'deactivated';

export const TOKEN_ORDERS = ['activate', 'suspend', 'resume', 'deactivate'] as const;
export type TokenOrder = (typeof TOKEN_ORDERS)[number];

export interface TokenLife {
  readonly stage: 'inactive' | 'active' | 'deactivated';
  /** Who suspends it now; empty unless it is active. */
  readonly suspendedBy: ReadonlySet<TokenParty>;
}

export const NEW_TOKEN_LIFE: TokenLife = { stage: 'inactive', suspendedBy: new Set() };

export const tokenStateOf = ({ stage, suspendedBy }: TokenLife): TokenState =>
  stage === 'active' && suspendedBy.size > 0 ? 'suspended' : stage;

export type TokenRefusal =
  /** This party may not give this order at all. */
  | 'not_allowed'
  /** It was never activated. */
  | 'not_active'
  /** Others suspend it, and only they can lift that. */
  | 'not_yours'
  | 'deactivated';

export type TokenStep =
  | { readonly status: 'changed' | 'unchanged'; readonly life: TokenLife }
  | { readonly status: TokenRefusal };

/** Activation follows proof of who the holder is, which issuer or provider gather. */
const MAY: Readonly<Record<TokenOrder, ReadonlySet<TokenParty>>> = {
  activate: new Set(['issuer', 'provider']),
  suspend: new Set(TOKEN_PARTIES),
  resume: new Set(TOKEN_PARTIES),
  deactivate: new Set(TOKEN_PARTIES),
};

export function orderToken(life: TokenLife, order: TokenOrder, by: TokenParty): TokenStep {
  if (!MAY[order].has(by)) return { status: 'not_allowed' };
  const unchanged: TokenStep = { status: 'unchanged', life };
  if (order === 'deactivate')
    return life.stage === 'deactivated'
      ? unchanged
      : changed({ stage: 'deactivated', suspendedBy: new Set() });
  if (life.stage === 'deactivated') return { status: 'deactivated' };
  if (order === 'activate')
    return life.stage === 'active' ? unchanged : changed({ stage: 'active', suspendedBy: new Set() });
  if (life.stage === 'inactive') return { status: 'not_active' };
  const isOwn = life.suspendedBy.has(by);
  if (order === 'suspend')
    return isOwn ? unchanged : changed({ ...life, suspendedBy: new Set([...life.suspendedBy, by]) });
  if (!isOwn) return life.suspendedBy.size === 0 ? unchanged : { status: 'not_yours' };
  return changed({ ...life, suspendedBy: new Set([...life.suspendedBy].filter((party) => party !== by)) });
}

const changed = (life: TokenLife): TokenStep => ({ status: 'changed', life });
