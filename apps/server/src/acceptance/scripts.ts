/**
 * Orders for cards on their way: with the answer to the next question, until the card says that it has worked them off.
 *
 * What must hold: an order goes to the card that it is for, under that card's keys, with a genuine question only; the repeat of a message
 * brings what its first brought; a new PIN is open in memory for as long as its command is made, and gone from the database with its end.
 */
import { type Bytes, fromAscii, type IsoTlv, SokkinError } from '@sokkin/codec';
import {
  type AuthenticCryptogram,
  issuerCommands,
  issuerScript,
  type ScriptAction,
  type ScriptState,
} from '@sokkin/issuer';
import { shortNumbers, words } from '../store/sets.ts';
import type { CheckedChip } from './chip.ts';
import { keys } from './desk-rows.ts';
import type { Run } from './statements.ts';

/** One that is not at its end. */
export interface PendingScript {
  readonly account: string;
  readonly card: string;
  readonly id: string;
  readonly action: ScriptAction['action'];
  readonly tag: number | null;
  readonly value: Bytes | null;
  readonly sealed: Bytes | null;
  readonly sent_with: string | null;
  readonly sent_atc: number | null;
}

export interface ScriptChange {
  readonly script: PendingScript;
  readonly state: ScriptState;
  readonly key: string;
  readonly atc: number;
}

const PENDING = `SELECT s.account, s.card, s.id, s.action, s.tag, s.value, s.sealed, encode(s.sent_with, 'hex') AS sent_with, s.sent_atc
  FROM unnest($1::text[], $2::text[]) AS o (account, card) CROSS JOIN LATERAL
    (SELECT * FROM card_scripts WHERE account = o.account AND card = o.card AND state IN ('waiting', 'sent') OFFSET 0) s ORDER BY s.number`;
const CHANGE = `UPDATE card_scripts s SET state = o.state,
    sent_with = CASE WHEN o.state = 'sent' THEN o.key ELSE s.sent_with END, sent_atc = CASE WHEN o.state = 'sent' THEN o.atc ELSE s.sent_atc END,
    sent_at = CASE WHEN o.state = 'sent' THEN $7::timestamptz ELSE s.sent_at END,
    ended_at = CASE WHEN o.state = 'sent' THEN NULL ELSE $7::timestamptz END,
    sealed = CASE WHEN o.state = 'sent' THEN s.sealed END
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::int4[]) AS o (account, card, id, state, key, atc)
  WHERE s.account = o.account AND s.card = o.card AND s.id = o.id`;

export interface CardPlace {
  readonly account: string;
  readonly card: string;
}

export async function pendingScripts(
  run: Run,
  places: readonly CardPlace[],
): Promise<readonly PendingScript[]> {
  if (places.length === 0) return [];
  const once = [...new Map(places.map((place) => [`${place.account} ${place.card}`, place])).values()];
  return run<PendingScript>('scripts', PENDING, [
    words(once.map((p) => p.account)),
    words(once.map((p) => p.card)),
  ]);
}

/** A terminal takes 128 bytes of scripts; no command has more than 33. */
const MOST_AT_ONCE = 3;

/** What becomes of the orders for a card with this question; those that go with its answer are `sent`. */
export function planScripts(
  pending: readonly PendingScript[],
  { key, isRepeat }: { readonly key: string; readonly isRepeat: boolean },
  { finding, atc }: { readonly finding: AuthenticCryptogram; readonly atc: number },
): readonly ScriptChange[] {
  const change = (script: PendingScript, state: ScriptState): ScriptChange => ({ script, state, key, atc });
  if (isRepeat) return pending.filter((s) => s.sent_with === key).map((script) => change(script, 'sent'));
  const ended = endOf(finding);
  const told = (script: PendingScript): boolean => script.sent_atc !== null && script.sent_atc < atc;
  const over = ended === undefined ? [] : pending.filter(told).map((script) => change(script, ended));
  const rest = pending.filter((script) => ended === undefined || !told(script));
  return [...over, ...rest.slice(0, MOST_AT_ONCE).map((script) => change(script, 'sent'))];
}

/** What the card says of the orders that it got before; undefined: it got none, or its version does not say. */
function endOf({ results }: AuthenticCryptogram): 'done' | 'failed' | undefined {
  if (results?.bits.has('scriptFailed') === true) return 'failed';
  return (results?.scripts ?? 0) > 0 ? 'done' : undefined;
}

export const writeScripts = (run: Run, changes: readonly ScriptChange[], at: Date): Promise<unknown>[] =>
  changes.length === 0
    ? []
    : [
        run('script_states', CHANGE, [
          words(changes.map(({ script }) => script.account)),
          words(changes.map(({ script }) => script.card)),
          words(changes.map(({ script }) => script.id)),
          words(changes.map(({ state }) => state)),
          keys(changes.map(({ key }) => key)),
          shortNumbers(changes.map(({ atc }) => atc)),
          at,
        ]),
      ];

/** Opens what was sealed for the order of this id. */
export type OpenSecret = (sealed: Bytes, id: string) => Promise<Bytes>;

/** Template 72: worked off after the card's last word on this payment. */
export async function scriptTlvs(
  open: OpenSecret,
  checked: CheckedChip,
  sent: readonly PendingScript[],
): Promise<readonly IsoTlv[]> {
  const { by, finding } = checked;
  if (sent.length === 0 || by === undefined || finding.verdict !== 'genuine') return [];
  const actions = await Promise.all(sent.map((script) => actionOf(open, script))).catch((error: unknown) => {
    // The payment is decided, and told; the orders go with another answer when whoever keeps the keys is back.
    if (error instanceof SokkinError) return [];
    throw error;
  });
  if (actions.length === 0) return [];
  const whole = issuerScript(TEMPLATE, issuerCommands(by.port, by.version, finding, actions));
  // Its tag and length are the message's to write.
  return [{ tag: TEMPLATE, value: whole.subarray(whole.length - lengthIn(whole)) }];
}

const TEMPLATE = 0x72;
/** Of a template of up to 255 bytes. */
const lengthIn = (template: Bytes): number =>
  template[1] === 0x81 ? (template[2] ?? 0) : (template[1] ?? 0);

async function actionOf(
  open: OpenSecret,
  { id, action, tag, value, sealed }: PendingScript,
): Promise<ScriptAction> {
  switch (action) {
    case 'changePin':
      if (sealed === null) throw new Error('Bug: an order for another PIN has it');
      return { action, pin: fromAscii(await open(sealed, id)) };
    case 'putData':
      if (tag === null || value === null) throw new Error('Bug: an order for data has them');
      return { action, tag, value };
    default:
      return { action };
  }
}
