/**
 * The configuration of terminals: one policy in versions, and what follows from it for one terminal.
 *
 * What must hold: nothing is published that the kernel's own reader refuses, for any category or merchant that the policy names; a version is
 * made from the one that its proposer saw, and by two; the keys of the cards made here are always in it. Version 1 is what the program comes with.
 */
import { readFile } from 'node:fs/promises';
import { type Bytes, equal, hex, SokkinError } from '@sokkin/codec';
import { caKeyChecksum } from '@sokkin/crypto';
import type { LedgerTx, MerchantRow, TerminalRow } from '@sokkin/issuer';
import { parseTerminalConfig, TERMINAL_CONFIG_FORMAT } from '@sokkin/terminal';
import type { Backend } from '../../backend.ts';
import { Problem } from '../../problems.ts';
import {
  type KernelDocument,
  kernelDocument,
  type TerminalOverrides,
  type TerminalsPolicy,
  type TerminalsProposal,
  terminalsPolicy,
} from './documents.ts';

const NAME = 'terminals';
const LIST_DAYS = 30;

let first: Promise<TerminalsPolicy> | undefined;

/** The example of the kernel's package, without what is a shop's. */
async function shipped(): Promise<TerminalsPolicy> {
  const url = new URL(import.meta.resolve('@sokkin/terminal/config/example.json'));
  const example = kernelDocument.parse(JSON.parse(await readFile(url, 'utf8')));
  const { currency: _, exponent: __, serial: ___, id: ____, ...terminal } = example.terminal;
  const { combinations, caKeys, revoked, torn } = example;
  return terminalsPolicy.parse({
    ...{ terminal, combinations, caKeys, revoked, torn },
    most_list_days: LIST_DAYS,
    tips: { offered: [], most_percent: 0 },
    ...{ categories: {}, merchants: {} },
  });
}

export interface TerminalsInForce {
  readonly version: number;
  readonly document: TerminalsPolicy;
  readonly proposal: string | undefined;
}

export async function terminalsInForce(tx: LedgerTx): Promise<TerminalsInForce> {
  const stored = await tx.policies.current(NAME);
  first ??= shipped();
  if (stored === undefined) return { version: 1, document: await first, proposal: undefined };
  const { version, document, proposal } = stored;
  return { version, document: terminalsPolicy.parse(document), proposal };
}

/** Of whom a configuration is. */
type Whose = {
  readonly terminal: string;
  readonly merchant: Pick<MerchantRow, 'id' | 'acceptor' | 'category' | 'name'>;
};

export interface TerminalConfiguration {
  readonly version: number;
  readonly emv: KernelDocument;
  readonly most_list_days: TerminalsPolicy['most_list_days'];
  readonly tips: TerminalsPolicy['tips'];
}

export async function configurationOf(
  b: Backend,
  tx: LedgerTx,
  { terminal }: TerminalRow,
  merchant: MerchantRow,
): Promise<TerminalConfiguration> {
  const { version, document } = await terminalsInForce(tx);
  return made(b, version, document, await ownKeys(b), { terminal, merchant });
}

function made(
  b: Backend,
  version: number,
  policy: TerminalsPolicy,
  own: KernelDocument['caKeys'],
  { terminal, merchant }: Whose,
): TerminalConfiguration {
  const otherwise = mergedOf(policy.categories[merchant.category], policy.merchants[merchant.id]);
  const { limits, most_list_days = policy.most_list_days, tips = policy.tips } = otherwise;
  const emv: KernelDocument = {
    format: TERMINAL_CONFIG_FORMAT,
    name: `v${version}-${terminal.toLowerCase()}`,
    terminal: {
      ...policy.terminal,
      currency: b.currency.toString(16).padStart(3, '0'),
      // Yen.
      exponent: 0,
      ...{ serial: terminal, id: terminal },
    },
    merchant: { id: merchant.acceptor, category: merchant.category, name: plainName(merchant) },
    combinations: policy.combinations.map((one) => ({ ...one, limits: { ...one.limits, ...limits } })),
    caKeys: [...own, ...policy.caKeys],
    revoked: policy.revoked,
    exceptions: [],
    torn: policy.torn,
  };
  return { version, emv, most_list_days, tips };
}

/** A merchant's own word counts before that of its category. */
function mergedOf(category: TerminalOverrides = {}, merchant: TerminalOverrides = {}): TerminalOverrides {
  return { ...category, ...merchant, limits: { ...category.limits, ...merchant.limits } };
}

const MOST_NAME = 40;

/** Tag 9F4E takes ASCII alone. */
const plainName = ({ name, acceptor }: Whose['merchant']): string =>
  /^[ -~]+$/.test(name) ? name.slice(0, MOST_NAME) : acceptor;

/** What authenticates the cards that were made here. */
async function ownKeys(b: Backend): Promise<KernelDocument['caKeys']> {
  const { ca } = await b.emvKeys.get();
  return ridsOf(b).map((rid) => ({
    rid: hex(rid),
    index: hex(Uint8Array.of(ca.index)),
    modulus: hex(ca.modulus),
    exponent: hex(ca.exponent),
    checksum: hex(caKeyChecksum({ ...ca, rid })),
  }));
}

/** Of the schemes that the profiles are of, each once. */
export function ridsOf({ profiles }: Backend): Bytes[] {
  const all = [...profiles.values()].map((p) => p.control.aid.slice(0, 5));
  return all.filter((rid, i) => all.findIndex((other) => equal(other, rid)) === i);
}

const ANYBODY: Whose['merchant'] = { id: 'mch_0', acceptor: 'SHOP', category: '0000', name: 'Shop' };

export async function checkTerminals(b: Backend, tx: LedgerTx, wanted: TerminalsProposal): Promise<void> {
  const { document } = wanted;
  const own = await ownKeys(b);
  const cases = [
    ANYBODY,
    ...Object.keys(document.categories).map((category) => ({ ...ANYBODY, category })),
    ...Object.keys(document.merchants).map((id) => ({ ...ANYBODY, id })),
  ];
  for (const merchant of cases) {
    const { emv } = made(b, wanted.from_version + 1, document, own, { terminal: 'TERMINAL', merchant });
    assertRead(emv, merchant);
  }
  const { version } = await terminalsInForce(tx);
  if (version !== wanted.from_version)
    throw new Problem(
      'policy_outdated',
      `Version ${version} is in force, not ${wanted.from_version}.`,
      'from_version',
    );
}

function assertRead(emv: KernelDocument, { id, category }: Whose['merchant']): void {
  try {
    parseTerminalConfig(emv);
  } catch (error) {
    if (!(error instanceof SokkinError)) throw error;
    const whose = id === ANYBODY.id ? `category ${category}` : id;
    throw new Problem(
      'policy_invalid',
      `Terminals would refuse this (${whose}): ${error.message}`,
      'document',
    );
  }
}

export async function setTerminals(b: Backend, tx: LedgerTx, proposal: string, wanted: TerminalsProposal) {
  await checkTerminals(b, tx, wanted);
  const version = wanted.from_version + 1;
  const { document } = wanted;
  if (!(await tx.policies.add({ name: NAME, version, document, proposal, createdAt: b.clock() })))
    throw new Problem('policy_outdated', `Version ${version} is in force already.`, 'from_version');
  return { version };
}
