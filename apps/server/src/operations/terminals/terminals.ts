/**
 * Terminals of merchants that speak over HTTPS, each with a key of its own.
 *
 * What must hold: an acquirer adds those of its own merchants; a code makes one device the terminal, once, and the same device may ask again; a
 * terminal is one device at a time, and the one before is blocked; it speaks for its merchant, under its name, and for nobody else.
 */
import type {
  AcquirerLink,
  DeviceRow,
  LedgerTx,
  MerchantRow,
  TerminalCode,
  TerminalRow,
} from '@sokkin/issuer';
import { record } from '../../access/audit-log.ts';
import { jwkOf, type PublicJwk, pointOf, thumbprint } from '../../access/device-key.ts';
import { assertHandsOn, scopesFor } from '../../access/grants.ts';
import { mayAct, maySee, type Principal } from '../../access/principal.ts';
import { hashOf } from '../../access/secrets.ts';
import { type Backend, newId } from '../../backend.ts';
import { Problem } from '../../problems.ts';
import { blockDevice, writeDevice } from '../devices.ts';

export interface TerminalOrder {
  readonly merchant: string;
  /** Over HTTPS, the acquirer's. */
  readonly connection: string;
  /** Field 41; undefined: one that is free. */
  readonly terminal: string | undefined;
}

export interface MadeTerminal {
  readonly row: TerminalRow;
  /** Shown now, and never again. */
  readonly code: string;
}

const CODE_MS = 86_400_000;
const CODE_LENGTH = 20;
/** Without those that are taken for another. */
const CODE_CHARACTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const NAME_LENGTH = 8;

const characters = (b: Backend, length: number): string =>
  [...b.crypto.randomBytes(length)].map((octet) => CODE_CHARACTERS[octet % CODE_CHARACTERS.length]).join('');

/** 100 bits. */
function newCode(b: Backend): { readonly text: string; readonly kept: TerminalCode } {
  const text = characters(b, CODE_LENGTH);
  return { text, kept: { hash: hashOf(text), expiresAt: new Date(b.clock().getTime() + CODE_MS) } };
}

export async function addTerminal(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  order: TerminalOrder,
): Promise<MadeTerminal> {
  // Whoever has the code becomes one.
  assertHandsOn(who, scopesFor('terminal'));
  const merchant = await ownMerchant(tx, who, order.merchant);
  await ownerOf(tx, merchant);
  await assertFits(tx, who, merchant, order.connection);
  const code = newCode(b);
  const id = newId(b, 'trm');
  const name = order.terminal ?? characters(b, NAME_LENGTH);
  const row = { id, acquirer: merchant.acquirer, merchant: merchant.id, link: order.connection };
  if (!(await tx.terminals.add({ ...row, terminal: name }, code.kept, b.clock())))
    throw new Problem('terminal_taken', `${merchant.acquirer} has a terminal ${name}.`, 'terminal');
  record(b, tx, who, 'terminal.added', id, { merchant: merchant.id, terminal: name });
  return { row: await terminalPath(tx, who, id, 'see'), code: code.text };
}

async function ownMerchant(tx: LedgerTx, who: Principal, id: string): Promise<MerchantRow> {
  const row = await tx.merchants.byId(id);
  if (row !== undefined && who.party === undefined && mayAct(who, { institution: row.acquirer })) return row;
  throw new Problem('merchant_unknown', `There is no merchant ${id}.`, 'merchant');
}

/** Whose account it is: what the terminal may touch beside its messages. */
async function ownerOf(tx: LedgerTx, { id, account }: MerchantRow) {
  const row = await tx.accounts.byId(account);
  if (row?.party === undefined || row.institution === undefined)
    throw new Problem(
      'merchant_without_party',
      `The account ${account} of ${id} is of no customer or merchant, for whom a terminal could speak.`,
      'merchant',
    );
  return { institution: row.institution, party: row.party };
}

async function assertFits(
  tx: LedgerTx,
  who: Principal,
  { acquirer }: MerchantRow,
  connection: string,
): Promise<void> {
  const link = await tx.acquirerLinks.byId(connection);
  const isOwn = link?.institution === acquirer && mayAct(who, link);
  if (isOwn && link.status === 'active' && link.door.by === 'https') return;
  throw new Problem(
    'connection_unfit',
    `${acquirer} has no active connection ${connection} over HTTPS.`,
    'connection',
  );
}

/** What is another's is not there. */
export async function terminalPath(
  tx: LedgerTx,
  who: Principal,
  id: string,
  to: 'see' | 'act',
): Promise<TerminalRow> {
  const row = await tx.terminals.byId(id);
  const may = to === 'see' ? maySee : mayAct;
  if (row === undefined || who.party !== undefined || !may(who, { institution: row.acquirer }))
    throw new Problem('not_found', `There is no terminal ${id}.`);
  return row;
}

/** A new code; the device that was the terminal is it no more. */
export async function replaceTerminal(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
): Promise<MadeTerminal> {
  assertHandsOn(who, scopesFor('terminal'));
  const row = await terminalPath(tx, who, id, 'act');
  if (row.status === 'closed') throw new Problem('terminal_closed', `${id} is closed.`);
  const code = newCode(b);
  await leave(b, tx, who, row);
  await tx.terminals.setCode(id, code.kept);
  record(b, tx, who, 'terminal.replaced', id, { device: row.device ?? null });
  return { row: await terminalPath(tx, who, id, 'see'), code: code.text };
}

/** Closing again changes nothing. */
export async function closeTerminal(
  b: Backend,
  tx: LedgerTx,
  who: Principal,
  id: string,
): Promise<TerminalRow> {
  const row = await terminalPath(tx, who, id, 'act');
  if (row.status === 'closed') return row;
  await leave(b, tx, who, row);
  await tx.terminals.close(id);
  record(b, tx, who, 'terminal.closed', id, { device: row.device ?? null });
  return terminalPath(tx, who, id, 'see');
}

async function leave(b: Backend, tx: LedgerTx, who: Principal, { id, device }: TerminalRow): Promise<void> {
  if (device === undefined) return;
  const row = await tx.credentials.device(device);
  if (row?.status === 'active') await blockDevice(b, tx, who, device);
  await tx.terminals.setDevice(id, undefined);
}

export interface Enrolled {
  readonly row: TerminalRow;
  readonly merchant: MerchantRow;
  readonly device: DeviceRow;
}

/** Whoever has the code becomes the terminal; asked again by the same key, it is told the same. */
export async function enrolTerminal(
  b: Backend,
  tx: LedgerTx,
  { code, jwk }: { readonly code: string; readonly jwk: PublicJwk },
): Promise<Enrolled> {
  const jkt = thumbprint(jwkOf(pointOf(jwk)));
  const row = await tx.terminals.ofCode(hashOf(code));
  if (row?.code === undefined || row.code.expiresAt <= b.clock()) throw codeUnknown();
  const merchant = await tx.merchants.byId(row.merchant);
  if (merchant === undefined) throw new Error('Bug: a terminal has its merchant');
  if (row.device !== undefined) {
    const before = await tx.credentials.device(row.device);
    if (before?.jkt !== jkt || before.status !== 'active') throw codeUnknown();
    return { row, merchant, device: before };
  }
  const owner = await ownerOf(tx, merchant);
  const device = await writeDevice(b, tx, { kind: 'terminal', ...owner, jwk });
  await tx.terminals.setDevice(row.id, device.id);
  // The code is who acts: it was handed over by whoever added the terminal.
  const actor = { kind: 'device', id: device.id, ...owner, reach: 'own', scopes: new Set<never>() } as const;
  record(b, tx, actor, 'terminal.enrolled', row.id, { device: device.id, jkt });
  return { row: { ...row, device: device.id }, merchant, device };
}

const codeUnknown = (): Problem =>
  new Problem('terminal_code_unknown', 'The code is not known, was used, or its day is over.', 'code');

export interface Speaking {
  readonly row: TerminalRow;
  readonly merchant: MerchantRow;
  readonly link: AcquirerLink;
}

/** The terminal that asks. Other devices, and institutions, are none. */
export async function speakingTerminal(tx: LedgerTx, { kind, id }: Principal): Promise<Speaking> {
  const row = kind === 'device' ? await tx.terminals.ofDevice(id) : undefined;
  const merchant = row && (await tx.merchants.byId(row.merchant));
  const link = row && (await tx.acquirerLinks.byId(row.link));
  if (row?.status !== 'open' || merchant === undefined || link === undefined)
    throw new Problem(
      'forbidden',
      'Only a terminal that was enrolled speaks here: POST /v1/terminals/enrolments.',
    );
  const acquirer = await tx.institutions.byId(row.acquirer);
  if (link.status !== 'active' || acquirer?.status !== 'active')
    throw new Problem('forbidden', `The connection ${link.id} of this terminal is closed.`);
  return { row, merchant, link };
}
