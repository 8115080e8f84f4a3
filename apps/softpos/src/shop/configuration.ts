/**
 * The configuration that the back-end gives this terminal: what its kernel reads, its dialect, and rules of the shop.
 *
 * What must hold: it is kept as it came, and looked at by the kernel's own reader before it counts; one that cannot be read leaves the one before
 * in force; without a network the newest that is kept is used, whatever its age.
 */
import { type IsoProfile, parseIsoProfile, SokkinError } from '@sokkin/codec';
import * as read from '@sokkin/sdk/json';
import { type HolderMethod, parseTerminalConfig, type TerminalConfig } from '@sokkin/terminal';
import { getAbout, putAbout, type ShopDatabase } from '../keep/database.ts';
import type { ShopBackend } from './backend.ts';
import type { ConfigurationShown } from './view.ts';

export interface Configuration {
  readonly etag: string;
  readonly version: number;
  readonly emv: TerminalConfig;
  readonly profile: IsoProfile;
  /** How old the block list may be; undefined: as old as it is. */
  readonly mostListDays: number | undefined;
  readonly tips: { readonly offered: readonly number[]; readonly mostPercent: number };
  readonly checkedAt: number;
}

const MOST_OCTETS = 1_000_000;

/** Fails with `bad_configuration`, or as the readers of its parts. */
export function readConfiguration(etag: string, text: string, checkedAt: number): Configuration {
  if (text.length > MOST_OCTETS)
    throw new SokkinError('bad_configuration', `The configuration is longer than ${MOST_OCTETS} characters.`);
  const o = read.object(jsonOf(text), 'configuration');
  const tips = read.object(o.tips, 'tips');
  return {
    etag,
    version: read.number(o.version, 'version'),
    emv: withoutPinPad(parseTerminalConfig(o.emv)),
    profile: parseIsoProfile(o.profile),
    mostListDays: o.most_list_days === null ? undefined : read.number(o.most_list_days, 'most_list_days'),
    tips: {
      offered: read
        .list(tips.offered, 'tips.offered')
        .map((one, n) => read.number(one, `tips.offered[${n}]`)),
      mostPercent: read.number(tips.most_percent, 'tips.most_percent'),
    },
    checkedAt,
  };
}

/** Tag 9F66, byte 1, bit 3. */
const ONLINE_PIN = 0x04;

/** No PIN leaves this device enciphered for an issuer, so the kernel does not say that one could. */
function withoutPinPad(config: TerminalConfig): TerminalConfig {
  const less = (methods: ReadonlySet<HolderMethod>) =>
    new Set([...methods].filter((method) => method !== 'onlinePin'));
  const combinations = config.combinations.map((one) => ({
    ...one,
    qualifiers: one.qualifiers.map((octet, n) => (n === 0 ? octet & ~ONLINE_PIN : octet)),
    methodsBelow: less(one.methodsBelow),
    methodsAbove: less(one.methodsAbove),
  }));
  return { ...config, combinations };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SokkinError('bad_configuration', 'The configuration is no JSON.', { cause });
  }
}

/** The one that is kept; undefined: none has ever come. */
export async function keptConfiguration(database: ShopDatabase): Promise<Configuration | undefined> {
  const kept = await getAbout(database, 'configuration');
  return kept && readConfiguration(kept.etag, kept.text, kept.checkedAt);
}

/** The newest; the same as `before` where the back-end has no newer one. */
export async function fetchConfiguration(
  database: ShopDatabase,
  backend: ShopBackend,
  before: Configuration | undefined,
  now: number,
): Promise<Configuration> {
  const found = await backend.configuration(before?.etag);
  if (found === undefined) {
    if (before === undefined)
      throw new SokkinError('bad_configuration', 'The back-end gave no configuration.');
    const kept = await getAbout(database, 'configuration');
    if (kept !== undefined) await putAbout(database, 'configuration', { ...kept, checkedAt: now });
    return { ...before, checkedAt: now };
  }
  const fresh = readConfiguration(found.etag, found.text, now);
  await putAbout(database, 'configuration', { ...found, checkedAt: now });
  return fresh;
}

export const configurationShown = ({ version, emv, tips, checkedAt }: Configuration): ConfigurationShown => ({
  version: String(version),
  currency: emv.currency,
  exponent: emv.exponent,
  checkedAt,
  tips: tips.offered,
});
