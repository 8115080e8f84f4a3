/**
 * Issuers that got back more than they gave out (DESIGN section 1: redeemed > issued), found with the audit.
 *
 * What must hold: each issuer is held to its own books (packages/issuer/src/issuer-books.ts), so that one issuer's false money is
 * not covered by the float of another; the alert stands while the books do not cover it, and is explained when they do. It is a
 * suspicion: who made the money is for the credits to say that nobody's journal bears out, and they are shown, as their payees signed them.
 */
import { hex } from '@sokkin/codec';
import { type Credit, coverOf, type IssuerBooks, type LedgerTx, type OwnPurse } from '@sokkin/issuer';
import { type Backend, issuerPurseId, lineFor, newId, purseName } from '../backend.ts';
import { namedChain, namedHistory } from '../matching/findings.ts';
import { raiseAlert } from './alerts.ts';

/** So many of the largest credits are shown. */
const SHOWN = 5;

/** The purses of all issuers, those before a new CA and before a new certificate, too. */
function ownPurses(b: Backend): OwnPurse[] {
  const own = new Map<string, OwnPurse>();
  for (const { institution, issuerPurse, formerPurses } of b.pki.lines)
    for (const { certificate } of [issuerPurse, ...formerPurses]) {
      const purse = hex(certificate.subjectRef);
      own.set(purse, { purse, institution });
    }
  return [...own.values()];
}

/** In a transaction of its own, which only reads unless something is found. */
export async function watchIssuers(b: Backend): Promise<readonly IssuerBooks[]> {
  const books = await b.store.read((tx) => tx.issuers.books(ownPurses(b)));
  for (const one of books)
    await b.store.write((tx) => (coverOf(one) < 0n ? raise(b, tx, one) : explain(b, tx, one)));
  return books;
}

const explain = (b: Backend, tx: LedgerTx, { institution }: IssuerBooks): Promise<void> =>
  tx.alerts.explain(pursesOf(b, institution), 'issuer_overdrawn', b.clock());

const pursesOf = (b: Backend, institution: string): string[] =>
  ownPurses(b)
    .filter((own) => own.institution === institution)
    .map((own) => own.purse);

async function raise(b: Backend, tx: LedgerTx, books: IssuerBooks): Promise<void> {
  const { institution, ...terms } = books;
  const cover = coverOf(books);
  const credits = await tx.issuers.unborneCredits(institution, SHOWN);
  await raiseAlert(b, tx, {
    id: newId(b, 'alt'),
    kind: 'issuer_overdrawn',
    severity: 'suspected',
    purse: issuerPurseId(lineFor(b, institution)),
    subject: institution,
    says: `Purses of ${institution} have given back ${-cover} more than they were given: money was made, or purses that paid them have not synced yet.`,
    evidence: {
      institution,
      cover: cover.toString(),
      ...Object.fromEntries(Object.entries(terms).map(([name, value]) => [name, value.toString()])),
      root: hex(b.pki.root.bytes),
      credits: await Promise.all(credits.map((credit) => shown(b, tx, credit))),
    },
  });
}

/** A credit that no payer's journal bears out, with what its payee signed. */
async function shown(b: Backend, tx: LedgerTx, { payer, payee, paymentNo, amount, seq }: Credit) {
  return {
    payer: purseName(payer),
    payee: purseName(payee),
    payment_no: paymentNo,
    amount: amount.toString(),
    certificates: await namedChain(b, tx, 'payee', payee),
    histories: await namedHistory(tx, 'payee', payee, seq),
  };
}
