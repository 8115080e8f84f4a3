/**
 * What a batch of uploads reads and writes: a statement for each table, however many purses there are.
 *
 * What must hold: the contract of packages/issuer/src/upload-ports.ts. No statement here joins rows of two purses.
 */
import { assert, hex } from '@sokkin/codec';
import type {
  Appended,
  IssuedGrant,
  LockedPurse,
  OpenVerdict,
  PurseRow,
  SignedRow,
  UploadRows,
} from '@sokkin/issuer';
import { encodeLimits, parseGrant } from '@sokkin/purse';
import { type Selectable, sql, type Transaction } from 'kysely';
import { applyEffects } from './effects.ts';
import { viewOf } from './journal-views.ts';
import { signedOf } from './mailbox-rows.ts';
import { encodeOpenItems } from './open-items.ts';
import { metVerdict } from './payment-rows.ts';
import { type JoinedPurses, pursesJoined, syncOf } from './purse-rows.ts';
import type { Database } from './schema.ts';
import { packSegment } from './segments.ts';
import { hexOf, numbers, octets, words } from './sets.ts';
import { byShard } from './shard-of.ts';

export function uploadRows(trx: Transaction<Database>, shards: number | undefined): UploadRows {
  return {
    async known(purses) {
      const rows = await trx
        .selectFrom('purses')
        .select(['id', 'device', 'certificate', 'account'])
        .where('id', 'in', [...purses])
        .execute();
      const accounts = [...new Set(rows.map((row) => row.account))];
      const owners =
        accounts.length === 0
          ? []
          : await trx
              .selectFrom('accounts')
              .select(['id', 'institution', 'party'])
              .where('id', 'in', accounts)
              .execute();
      const byAccount = new Map(owners.map((o) => [o.id, o]));
      return new Map(
        rows.map(({ id, device, certificate, account }) => {
          const owner = byAccount.get(account);
          assert(owner !== undefined, 'a purse has an account');
          const { institution, party } = owner;
          const whose = { institution, party: party ?? undefined };
          return [id, { id, device: device ?? undefined, certificate, accountId: account, owner: whose }];
        }),
      );
    },
    async spentNonces(purses) {
      const rows = await trx
        .selectFrom('used_nonces')
        .select(['purse', 'nonce'])
        .where('purse', 'in', [...purses])
        .execute();
      const found = new Map<string, Set<string>>();
      for (const { purse, nonce } of rows)
        found.set(purse, (found.get(purse) ?? new Set()).add(hexOf(nonce)));
      return found;
    },
    async spendNonces(spent, now) {
      if (spent.length === 0) return;
      const purses = words(spent.map((s) => s.purse));
      await sql`DELETE FROM used_nonces WHERE purse = ANY (${purses}::text[]) AND expires_at < ${now}`.execute(
        trx,
      );
      await sql`INSERT INTO used_nonces (purse, nonce, expires_at)
        SELECT * FROM unnest(${purses}::text[], ${octets(spent.map((s) => s.nonce))}::bytea[],
          ${spent.map((s) => s.expiresAt)}::timestamptz[])`.execute(trx);
    },
    async lock(purses, currency) {
      const rows: PurseRow[] = [];
      // Rows of one shard at a time: no engine locks those of several in one statement.
      for (const some of byShard([...purses], shards)) {
        const which = (all: JoinedPurses) => all.where('purses.id', 'in', some).orderBy('purses.id');
        rows.push(...(await pursesJoined(trx, (all) => which(all).forNoKeyUpdate())));
      }
      const journals = await trx
        .selectFrom('journals')
        .selectAll()
        .where('purse', 'in', [...purses])
        .execute();
      const byPurse = new Map(journals.map((j) => [j.purse, j]));
      const locked = new Map<string, LockedPurse>();
      for (const row of rows) {
        const journal = byPurse.get(row.id);
        assert(journal !== undefined, 'a purse has a journal');
        locked.set(row.id, { row, view: await viewOf(trx, journal, currency) });
      }
      return locked;
    },
    async accepted(statements) {
      const { rows } = await sql<Selectable<Database['syncs']>>`
        SELECT s.* FROM unnest(${words(statements.map((s) => s.purse))}::text[],
          ${octets(statements.map((s) => s.statementHash))}::bytea[]) AS a (purse, statement_hash)
        JOIN syncs s ON s.purse = a.purse AND s.statement_hash = a.statement_hash`.execute(trx);
      return new Map(rows.map((row) => [row.purse, syncOf(row)]));
    },
    async grants(named) {
      const found = new Map<string, Map<number, IssuedGrant>>();
      if (named.length === 0) return found;
      const { rows } = await sql<Pick<Selectable<Database['grants']>, 'purse' | 'hash' | 'message'>>`
        SELECT g.purse, g.hash, g.message FROM unnest(${words(named.map((n) => n.purse))}::text[],
          ${numbers(named.map((n) => n.grantNo))}::int8[]) AS a (purse, grant_no)
        JOIN grants g ON g.purse = a.purse AND g.grant_no = a.grant_no`.execute(trx);
      for (const { purse, hash, message } of rows) {
        const grant = parseGrant(message).fields;
        const ofPurse = found.get(purse) ?? new Map<number, IssuedGrant>();
        found.set(purse, ofPurse.set(grant.grantNo, { hash, grant }));
      }
      return found;
    },
    append: (journals) => appendAll(trx, journals),
    async openVerdicts(payers) {
      const found = new Map<string, OpenVerdict[]>();
      if (payers.length === 0) return found;
      const rows = await trx
        .selectFrom('payments')
        .select(['payer', 'payment_no', 'verdict'])
        .where('payer', 'in', [...payers])
        .where('state', '=', 'open')
        .execute();
      for (const { payer, payment_no, verdict } of rows) {
        const open = { paymentNo: Number(payment_no), verdict: metVerdict(verdict) };
        addTo(found, payer, open);
      }
      return found;
    },
    async signedFor(views) {
      const tickets = views.flatMap((v) =>
        [...v.openTickets.keys()].map((no) => ({ purse: hex(v.purse), no })),
      );
      const payments = views.flatMap((v) =>
        [...v.openPayments.values()].map((p) => ({
          purse: hex(v.purse),
          no: p.paymentNo,
          payee: hexOf(p.payee),
        })),
      );
      const found = new Map<string, SignedRow[]>();
      for (const row of await signedBy(trx, 'payment', tickets)) addTo(found, row.payee, row);
      const payees = new Map(payments.map(({ purse, no, payee }) => [`${purse}/${no}`, payee]));
      for (const row of await signedBy(trx, 'receipt', payments))
        if (payees.get(`${row.payer}/${row.paymentNo}`) === row.signer) addTo(found, row.payer, row);
      return found;
    },
    async acknowledge(answers, at) {
      if (answers.length === 0) return;
      const purses = words(answers.map((a) => a.sync.purse));
      const grantNumbers = numbers(answers.map((a) => a.grant.grantNo));
      await sql`INSERT INTO grants (purse, grant_no, hash, message, created_at)
        SELECT *, ${at}::timestamptz FROM unnest(${purses}::text[], ${grantNumbers}::int8[],
          ${octets(answers.map((a) => a.grantHash))}::bytea[],
          ${octets(answers.map((a) => a.grantMessage))}::bytea[])`.execute(trx);
      await sql`INSERT INTO syncs (purse, statement_hash, id, seq, statement, answer, created_at)
        SELECT *, ${at}::timestamptz FROM unnest(${purses}::text[],
          ${octets(answers.map((a) => a.sync.statementHash))}::bytea[], ${words(answers.map((a) => a.sync.id))}::text[],
          ${numbers(answers.map((a) => a.sync.seq))}::int8[], ${octets(answers.map((a) => a.sync.statement))}::bytea[],
          ${answers.map((a) => JSON.stringify(a.sync.answer))}::jsonb[])`.execute(trx);
      await sql`UPDATE purses SET issued_grant_no = a.grant_no, last_sync_at = ${at}::timestamptz
        FROM unnest(${purses}::text[], ${grantNumbers}::int8[]) AS a (purse, grant_no)
        WHERE id = a.purse`.execute(trx);
    },
  };
}

function addTo<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

/** What is in these purses' mailboxes about these tickets, or payments; oldest first. */
async function signedBy(
  trx: Transaction<Database>,
  kind: SignedRow['kind'],
  keys: readonly { readonly purse: string; readonly no: number }[],
): Promise<SignedRow[]> {
  if (keys.length === 0) return [];
  const purses = words(keys.map((k) => k.purse));
  const { rows } = await sql<Selectable<Database['mailbox']>>`
    SELECT m.* FROM unnest(${purses}::text[], ${numbers(keys.map((k) => k.no))}::int8[]) AS k (purse, no)
    JOIN mailbox m ON m.purse = k.purse AND m.number = k.no AND m.kind = ${kind} AND m.purse = ANY(${purses}::text[])
    ORDER BY m.purse, m.number, m.hash`.execute(trx);
  return rows.map(signedOf);
}

/** Entries, their effects, and the views after them. */
export async function appendAll(trx: Transaction<Database>, journals: readonly Appended[]): Promise<void> {
  if (journals.length === 0) return;
  const named = journals.map((journal) => ({ ...journal, purse: hex(journal.view.purse) }));
  const uploads = named.filter(({ entries }) => entries.length > 0);
  if (uploads.length > 0) {
    const segments = uploads.map(({ entries }) => packSegment(entries));
    await sql`INSERT INTO segments (purse, first_seq, last_seq, link, bodies)
      SELECT * FROM unnest(${words(uploads.map((u) => u.purse))}::text[],
        ${numbers(segments.map((s) => s.firstSeq))}::int8[], ${numbers(uploads.map((u) => u.view.seq))}::int8[],
        ${octets(segments.map((s) => s.link))}::bytea[], ${octets(segments.map((s) => s.bodies))}::bytea[])`.execute(
      trx,
    );
  }
  await applyEffects(trx, named);
  await moveViews(trx, named);
}

/** From where each journal stands: a writer that read something else, without the lock, changes nothing. */
async function moveViews(
  trx: Transaction<Database>,
  journals: readonly (Appended & { readonly purse: string })[],
): Promise<void> {
  const views = journals.map(({ view }) => view);
  const moved =
    await sql`UPDATE journals SET lifecycle = v.lifecycle, seq = v.seq, head = v.head, balance = v.balance,
      grant_no = v.grant_no, ack_seq = v.ack_seq, limits = v.limits, open_items = v.open_items
    FROM unnest(${words(journals.map((j) => j.purse))}::text[],
      ${numbers(journals.map((j) => j.view.seq - j.entries.length))}::int8[],
      ${words(views.map((v) => v.lifecycle))}::text[], ${numbers(views.map((v) => v.seq))}::int8[],
      ${octets(views.map((v) => v.head))}::bytea[], ${numbers(views.map((v) => v.balance))}::int8[],
      ${numbers(views.map((v) => v.grantNo))}::int8[], ${numbers(views.map((v) => v.ackSeq))}::int8[],
      ${octets(views.map((v) => encodeLimits(v.limits)))}::bytea[], ${octets(views.map(encodeOpenItems))}::bytea[])
      AS v (purse, old_seq, lifecycle, seq, head, balance, grant_no, ack_seq, limits, open_items)
    WHERE journals.purse = v.purse AND journals.seq = v.old_seq`.execute(trx);
  assert(moved.numAffectedRows === BigInt(journals.length), 'a journal is continued from where it stands');
}
