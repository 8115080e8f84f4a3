/**
 * Numbers as the token vault and our own cards have them.
 *
 * What must hold: a card that was reported, blocked, retired or has expired pays nothing, whatever its chip says; nothing of it is
 * remembered here, so that a block works with the next message.
 */
import type { AcceptanceOutcome, LinkRow, TokenParty } from '@sokkin/issuer';
import { words } from '../store/sets.ts';
import { addTokenUse, type Run as VaultRun } from '../store/vault-sql.ts';
import type { Numbered } from '../vault/numbers.ts';
import type { Vault } from '../vault/vault.ts';
import { type RememberingPort, rememberingPort } from './card-keys.ts';
import type { Instrument, Instruments, TokenNow } from './instruments.ts';
import type { Run } from './statements.ts';

/** Statements of the vault, each prepared once. */
function named(run: Run): VaultRun {
  return (text, values) => {
    const name = NAMES.get(text) ?? `vault_${NAMES.size}`;
    NAMES.set(text, name);
    return run(name, text, values);
  };
}
const NAMES = new Map<string, string>();

const TOKENS = `SELECT number, stage, suspended_by, used_total, used_count FROM tokens
  WHERE number = ANY($1::text[]) ORDER BY number FOR NO KEY UPDATE`;
interface TokenLine {
  readonly number: string;
  readonly stage: TokenNow['life']['stage'];
  readonly suspended_by: readonly TokenParty[];
  readonly used_total: bigint;
  readonly used_count: number;
}

const PURSES = `SELECT id, blocked_at IS NOT NULL AS blocked, held, retired_at IS NOT NULL OR replaced_by IS NOT NULL AS over,
    (SELECT c.kind FROM claims c WHERE c.purse = purses.id AND c.status NOT IN ('refused', 'withdrawn') LIMIT 1) AS claimed
  FROM purses WHERE id = ANY($1::text[])`;
interface PurseLine {
  readonly id: string;
  readonly blocked: boolean;
  readonly held: boolean;
  readonly over: boolean;
  readonly claimed: 'lost' | 'stolen' | 'broken' | 'expired' | null;
}

/** Two blocks each. */
const MOST_CARDS = 20_000;

export function vaultInstruments(vault: Vault): Instruments {
  let remembering: RememberingPort | undefined;
  return {
    async find(run, numbers, at) {
      const found = await vault.resolve(named(run), numbers);
      const own = [...found.values()].flatMap((n) => (n.kind === 'own' ? [n.card.purse ?? ''] : []));
      const purses = own.length === 0 ? [] : await run<PurseLine>('purses', PURSES, [words(own)]);
      const byId = new Map(purses.map((purse) => [purse.id, purse]));
      const month = at.toISOString().slice(2, 7).replace('-', '');
      return new Map(
        [...found].flatMap(([number, what]) => {
          const instrument = instrumentOf(what, byId, month);
          return instrument === undefined ? [] : [[number, instrument] as const];
        }),
      );
    },
    async chipOf({ own }, { number, sequence, chip }) {
      const answer = await vault.chipOf({
        number,
        sequence,
        own,
        iad: chip?.get(0x9f10) ?? new Uint8Array(0),
      });
      if (answer.status !== 'ok') return undefined;
      const { chip: by } = answer;
      // Of the others the vault remembers what their keys, which are not here, gave.
      if (by.range !== undefined) return by;
      remembering ??= rememberingPort(by.port, MOST_CARDS);
      const { port, name } = remembering;
      return { ...by, port, keysOf: (index) => name(by.keysOf(index)) };
    },
    async lockTokens(run, numbers) {
      if (numbers.length === 0) return new Map();
      const lines = await run<TokenLine>('tokens', TOKENS, [words(numbers)]);
      return new Map(lines.map((line) => [line.number, nowOf(line)]));
    },
    addUse: (run, changes) => addTokenUse(named(run), changes),
  };
}

const nowOf = ({ stage, suspended_by, used_total: total, used_count: count }: TokenLine): TokenNow => ({
  life: { stage, suspendedBy: new Set(suspended_by) },
  use: { total, count },
});

/** `month`: YYMM, by the back-end's clock. */
function instrumentOf(
  what: Numbered,
  purses: ReadonlyMap<string, PurseLine>,
  month: string,
): Instrument | undefined {
  switch (what.kind) {
    case 'unknown':
      return undefined;
    case 'token': {
      const { token, link } = what;
      const { id, domain } = token;
      const refusal = refusalOfLink(link, month);
      return { kind: 'token', id, account: link.account, domain, refusal, own: undefined };
    }
    case 'linked': {
      const { id, account } = what.link;
      const refusal = refusalOfLink(what.link, month);
      return { kind: 'pan', id, account, domain: undefined, refusal, own: undefined };
    }
    case 'own': {
      const { card, account } = what;
      const refusal =
        card.application.expiry < month ? 'card_expired' : refusalOfPurse(purses.get(card.purse ?? ''));
      return { kind: 'pan', id: card.serial, account, domain: undefined, refusal, own: card };
    }
  }
}

function refusalOfLink({ status, card }: LinkRow, month: string): AcceptanceOutcome | undefined {
  if (status !== 'active') return status === 'removed' ? 'card_unknown' : 'account_blocked';
  return card?.expiry !== undefined && card.expiry < month ? 'card_expired' : undefined;
}

function refusalOfPurse(purse: PurseLine | undefined): AcceptanceOutcome | undefined {
  if (purse === undefined) return 'card_unknown';
  if (purse.claimed === 'lost') return 'card_lost';
  if (purse.claimed === 'stolen') return 'card_stolen';
  if (purse.claimed === 'expired') return 'card_expired';
  // Replaced, retired, or reported as broken.
  if (purse.over || purse.claimed !== null) return 'not_permitted';
  if (purse.held) return 'card_not_yet_valid';
  return purse.blocked ? 'account_blocked' : undefined;
}
