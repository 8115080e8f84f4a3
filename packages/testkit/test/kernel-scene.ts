/**
 * A terminal of the product (packages/terminal/src/emv) for tests: the example configuration with a bank's CA key, a clock
 * that stands still, and what it showed and kept.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Epoch, epochOfIso, hex, isoOfEpoch } from '@sokkin/codec';
import { type CaPublicKey, caKeyChecksum } from '@sokkin/crypto';
import { type CardProfile, readProfile } from '@sokkin/issuer';
import { nodeRsa, nodeSymmetric } from '@sokkin/node';
import {
  type ApduTransport,
  type ContactlessOutcome,
  contactlessTerminal,
  memoryTornLog,
  type OutcomeName,
  type PaymentRequest,
  parseTerminalConfig,
  type Recorded,
  type TerminalConfig,
  type TracedExchange,
  traced,
  type UiRequest,
} from '@sokkin/terminal';
import { expect } from 'vitest';

export const ports = { rsa: nodeRsa(), symmetric: nodeSymmetric() };
export const TODAY = epochOfIso('2026-11-22');
export const PROFILES = ['white-label', 'white-label-aes', 'jcb-shaped', 'phone'] as const;

const fileOf = (path: string): string => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
export const profileNamed = (name: string): CardProfile =>
  readProfile(fileOf(`issuer/profiles/${name}.json`));
export const profileFile = (name: string): Record<string, unknown> =>
  JSON.parse(fileOf(`issuer/profiles/${name}.json`));

// biome-ignore lint/suspicious/noExplicitAny: tests change a file's members at any depth
export type Changed = (file: any) => void;

/** The example configuration with these CA keys, changed by `change` before it is read. */
export function configWith(keys: readonly CaPublicKey[], change: Changed = () => undefined): TerminalConfig {
  const file = JSON.parse(fileOf('terminal/config/example.json'));
  file.caKeys = keys.map((k) => ({
    rid: hex(k.rid),
    index: hex(Uint8Array.of(k.index)),
    modulus: hex(k.modulus),
    exponent: hex(k.exponent),
    checksum: hex(caKeyChecksum(k)),
  }));
  change(file);
  return parseTerminalConfig(file);
}

export interface TerminalUnderTest {
  /** A tap for a request; the same `id` is the same transaction. */
  pay(transport: ApduTransport, request?: Partial<PaymentRequest>): Promise<ContactlessOutcome>;
  readonly shown: UiRequest[];
  readonly exchanges: TracedExchange[];
  readonly log: ReturnType<typeof memoryTornLog>;
  /** What it wrote down; `crash` makes the next entry fail. */
  readonly recorded: Recorded[];
  crash(): void;
  /** Moves its clock. */
  later(seconds: number): void;
}

let serial = 0;

export function terminalWith(
  config: TerminalConfig,
  more: { readonly today?: Epoch; readonly lot?: number } = {},
): TerminalUnderTest {
  const [shown, exchanges]: [UiRequest[], TracedExchange[]] = [[], []];
  const log = memoryTornLog();
  const recorded: Recorded[] = [];
  let isCrashing = false;
  const { today = TODAY, lot } = more;
  let seconds = 1_000_000;
  const terminal = contactlessTerminal(config, {
    rsa: ports.rsa,
    randomBytes: (n) => {
      const bytes = ports.symmetric.randomBytes(n);
      if (lot !== undefined) bytes.set([0, lot - 1], 4);
      return bytes;
    },
    clock: () => ({
      date: isoOfEpoch(today).slice(2).replaceAll('-', ''),
      time: '093000',
      today,
      seconds,
    }),
    torn: log,
    record: (found) => {
      if (isCrashing) {
        isCrashing = false;
        throw new Error('switched off');
      }
      recorded.push(found);
    },
    onUi: (request) => shown.push(request),
    overhear: traced((exchange) => exchanges.push(exchange)),
  });
  return {
    shown,
    exchanges,
    log,
    recorded,
    crash: () => {
      isCrashing = true;
    },
    later: (by) => {
      seconds += by;
    },
    async pay(transport, request = {}) {
      serial += 1;
      const begun = terminal.begin({ id: `sale-${serial}`, amount: 1200n, ...request });
      return begun.status === 'ended' ? begun.outcome : begun.payment.tap(transport);
    },
  };
}

export function expectOutcome(found: ContactlessOutcome, outcome: OutcomeName): ContactlessOutcome {
  expect(
    found.outcome,
    JSON.stringify(found.discretionary, (_, v) => (typeof v === 'bigint' ? `${v}` : v)),
  ).toBe(outcome);
  return found;
}
