/**
 * A token for the phone of whoever asks, in a sandbox. In live mode the institution of the account has it made, after it has seen who asks and what phone
 * it is.
 *
 * What must hold: only in a sandbox; every step is the one that institutions take, with the same entries in the log.
 */
import { FIRST_ISSUER, type LedgerTx } from '@sokkin/issuer';
import { record } from '../access/audit-log.ts';
import { actingAccount } from '../access/owned.ts';
import { ALL_SCOPES, type Principal } from '../access/principal.ts';
import type { Backend } from '../backend.ts';
import { addLink } from './tokens/links.ts';
import { addRequestor } from './tokens/requestors.ts';
import { requestToken } from './tokens/tokens.ts';

const COUNTER: Principal = {
  kind: 'operator',
  id: 'sandbox',
  institution: FIRST_ISSUER,
  reach: 'own',
  scopes: ALL_SCOPES,
};
const REQUESTOR = 'Sandbox phones';
const YEAR_MS = 365 * 86_400_000;
/** Nobody was identified (token assurance, 00 to 99). */
const ASSURANCE = 0;

/** Gives the token's id. */
export async function openSandboxPhoneCard(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  account: string,
): Promise<string> {
  await actingAccount(tx, who, account);
  const links = await tx.vault.links({ limit: 100, after: undefined, of: undefined }, { account });
  const own = links.find(({ card, status }) => card === undefined && status === 'active');
  const link = own ?? (await addLink(b, tx, COUNTER, { account }));
  const now = b.clock().getTime();
  const { token } = await requestToken(b, tx, COUNTER, {
    requestor: await requestorFor(b, tx),
    of: { link: link.id },
    domain: {
      ...{ devices: undefined, merchants: undefined, mostAmount: undefined, mostTotal: undefined },
      ...{ entries: new Set(['contactless'] as const), currencies: new Set(['392']), mostCount: undefined },
      ...{ validFrom: now, validUntil: now + 2 * YEAR_MS, needsCryptogram: true },
    },
    assurance: ASSURANCE,
    activate: true,
  });
  record(b, tx, COUNTER, 'sandbox.phone_card_opened', token.id, { account, device: who.id });
  return token.id;
}

/** One for all phones of the sandbox; the lock keeps two first ones from making it twice. */
async function requestorFor(b: Backend, tx: LedgerTx): Promise<string> {
  await tx.institutions.lock(FIRST_ISSUER);
  const of = { institution: FIRST_ISSUER };
  const requestors = await tx.vault.requestors({ limit: 100, after: undefined, of });
  const there = requestors.find(({ name, status }) => name === REQUESTOR && status === 'active');
  return there?.id ?? (await addRequestor(b, tx, COUNTER, { name: REQUESTOR })).id;
}
