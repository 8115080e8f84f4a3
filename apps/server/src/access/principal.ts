/**
 * Who asks, and what they may.
 *
 * What must hold: a call that nobody gave a scope for is refused; what belongs to another institution is answered as
 * what does not exist, so that ids cannot be tried out.
 */
import { type AccountRow, FIRST_ISSUER, type LedgerTx, type Owner } from '@sokkin/issuer';
import { Problem } from '../problems.ts';

/** Every right there is, and what it lets its holder do. */
export const SCOPES = {
  'institutions:read': 'see institutions, customers and merchants',
  'institutions:write': 'add and suspend institutions, customers and merchants',
  'clients:write': 'make and withdraw credentials of institutions and devices',
  'devices:own': 'a wallet: see, add and give up the devices of its customer',
  'operators:read': 'see operators',
  'operators:write': 'invite, change and dismiss operators',
  'accounts:read': 'see accounts, their entries and statements',
  'accounts:write': 'open and close accounts',
  'transfers:read': 'see transfers',
  'transfers:write': 'move money between accounts',
  'issuance:request': 'ask that CBDC be issued or destroyed',
  'proposals:read': 'see what waits for a second pair of eyes',
  'proposals:decide': 'approve or refuse what somebody else asked for',
  'fundings:read': 'see what went into purses and out of them',
  'fundings:write': 'fund purses and redeem from them',
  'purses:read': 'see purses and their journals',
  'purses:enrol': 'have the key of a purse certified; a device: that of its own purse, as software',
  'purses:write': 'block, unblock, renew and replace purses',
  'purses:sync': 'carry the journals of purses',
  'claims:read': 'see reports of lost, stolen, broken and expired purses',
  'claims:write': 'report purses, and take reports back',
  'claims:settle': 'refund a claim before its date, or refuse it',
  'claims:decide': 'approve refunds before their date that somebody else asked for',
  'settlement:read': 'see cleared approvals, days of acquirers, positions and statements of merchants',
  'settlement:write': 'clear offline approvals, end days, compare totals, set fees',
  'cards:read': 'see cards',
  'cards:manufacture': 'make blank chips, and see the keys that they leave the factory with',
  'cards:personalise': 'order the personalisation of cards and devices',
  'cards:order': 'order cards to be blocked, to take another PIN or other limits',
  'cards:carry': 'carry the APDUs of a personalisation',
  'tokens:read': 'see linked cards, tokens and token requestors',
  'tokens:write': 'have tokens made, suspend and end them',
  'tokens:link': 'link accounts and payment cards, so that tokens can stand for them',
  'tokens:provide': 'register token requestors',
  'tokens:detokenise': 'see the card number behind a token',
  'policy:request': 'ask that limits and other policies be changed',
  'policy:emergency': 'switch the situation alone, for a day at most',
  'identity:request': 'ask who is behind a pseudonym',
  'audit:read': 'ask whether all the money is there',
  'alerts:read': 'see alerts and their evidence',
  'alerts:write': 'close alerts, and lift what they have blocked',
  'log:read': 'see and verify the audit log',
  'keys:read': 'see keys and certificates with their expiry',
  'keys:write': 'make, renew and rotate keys and certificates',
  'acquirers:read': 'see how acquirers connect',
  'acquirers:write': 'make and close the connections of an acquirer',
  'merchants:read': 'see merchants',
  'merchants:write': 'add and block merchants',
  'terminals:read': 'see terminals that have a key of their own',
  'terminals:write': 'add, replace and close such terminals',
  'terminals:speak': 'ask for the configuration of a terminal, and send its messages; a terminal: its own',
  'payments:read': 'see what shops asked of accounts',
  'payments:write': 'let go what is held for shops',
  'webhooks:read': 'see webhook endpoints and deliveries',
  'webhooks:write': 'set webhook endpoints, and send deliveries again',
  'sandbox:write': "move the sandbox's clock",
} as const;
export type Scope = keyof typeof SCOPES;

/**
 * How far a principal's word goes beyond its own institution. `own`: not at all. `sees_all`: the central bank's, who see what
 * all have and act on their own. `all`: acts on everything; the sandbox's two clients alone.
 */
export type Reach = 'own' | 'sees_all' | 'all';

export interface Principal {
  readonly kind: 'institution' | 'operator' | 'device' | 'nobody';
  /** `cli_...`, `opr_...` or `dev_...`; what the audit log and proposals know them by. */
  readonly id: string;
  /** On whose behalf: `ins_...`. */
  readonly institution: string;
  readonly reach: Reach;
  /** A device sees its customer's or merchant's accounts alone. */
  readonly party?: string | undefined;
  readonly scopes: ReadonlySet<Scope>;
}

/** What an open route, and one that was asked without a token, runs as. */
export const NOBODY: Principal = {
  kind: 'nobody',
  id: 'nobody',
  institution: '',
  reach: 'own',
  scopes: new Set(),
};

export const isScope = (name: string): name is Scope => Object.hasOwn(SCOPES, name);
export const ALL_SCOPES: ReadonlySet<Scope> = new Set(Object.keys(SCOPES).filter(isScope));

export const mayDo = (who: Principal, scope: Scope): boolean => who.scopes.has(scope);

/** Whose something is. */
export interface Owned {
  readonly institution: string | undefined;
  readonly party?: string | undefined;
}

/** Whether the principal may know that this is there. */
export const maySee = (who: Principal, owned: Owned): boolean => who.reach !== 'own' || isOwn(who, owned);

/** Whether the principal may move this money, or change this thing. */
export const mayAct = (who: Principal, owned: Owned): boolean => who.reach === 'all' || isOwn(who, owned);

function isOwn(who: Principal, owned: Owned): boolean {
  if (owned.institution === undefined || owned.institution !== who.institution) return false;
  return who.party === undefined || owned.party === who.party;
}

/** Whose rows a list shows to the principal; undefined: everybody's. */
export function ownerOf({ kind, id, reach, institution, party }: Principal): Owner | undefined {
  if (reach !== 'own') return undefined;
  return { institution, party, device: kind === 'device' ? id : undefined };
}

/** Whose it is, what the principal makes without saying whose. The sandbox's clients are the central bank's, and play the issuer. */
export const homeOf = (who: Principal): string => (who.reach === 'all' ? FIRST_ISSUER : who.institution);

/** The account, if there is one and the principal may know of it. */
export async function visibleAccount(tx: LedgerTx, who: Principal, id: string): Promise<AccountRow> {
  const account = await tx.accounts.byId(id);
  if (account === undefined || !maySee(who, account))
    throw new Problem('not_found', `There is no account ${id}.`);
  return account;
}
