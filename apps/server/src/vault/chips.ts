/**
 * What the chip data of a card are checked with: by its number the range, by its issuer data the version, and the keys of that range.
 *
 * What must hold: a number has one range, the longest prefix that it begins with; of our own cards the profile that they were made of
 * decides, and of the others the range's set, in which no data fits two versions; what this process changes is known here at once, and what
 * others change within `RELOAD_MS`.
 */
import type { Bytes } from '@sokkin/codec';
import { type CardIdentity, LruMap, type SymmetricPort } from '@sokkin/crypto';
import {
  type CardProfile,
  type CryptogramProfile,
  cryptogramProfileOf,
  type EmvMasterKeyRow,
  type EmvRangeRow,
  fitsShape,
  type IssuerRules,
  type KeyPort,
  type KeysByIndex,
  type LedgerStore,
  type OwnCard,
  parseCryptogramProfile,
  parseIssuerRules,
  readIssuerData,
  type VersionSet,
  versionSet,
} from '@sokkin/issuer';
import type { EmvKeySource } from '../keys/emv-keys.ts';
import { type Answers, askForCard, handlePort, type MasterKeyIds } from './handle-port.ts';

/** All that `checkCryptogram` and the answer need, beside the data themselves. */
export interface Chip {
  /** `emr_...`; undefined: our own cards. */
  readonly range: string | undefined;
  readonly card: CardIdentity;
  readonly version: CryptogramProfile;
  readonly rules: IssuerRules;
  readonly port: SymmetricPort;
  readonly keysOf: KeysByIndex;
}

export interface ChipQuestion {
  /** What the card calls itself (5A), a token or a PAN. */
  readonly number: string;
  /** Its sequence number (5F34), two digits; undefined: it has none. */
  readonly sequence: string | undefined;
  /** Where it is a payment card of ours. */
  readonly own: OwnCard | undefined;
  /** Issuer application data (9F10). */
  readonly iad: Bytes;
}

export type ChipAnswer =
  | { readonly status: 'ok'; readonly chip: Chip }
  /** `range_unknown`: nobody's cards begin so. `version_unknown`: none of its cards tells such issuer data. */
  | { readonly status: 'range_unknown' | 'version_unknown' };

export interface Chips {
  chipOf(question: ChipQuestion): Promise<ChipAnswer>;
  /** After a change of ranges or of their keys. */
  rangesChanged(): void;
}

export interface ChipParts {
  readonly store: LedgerStore;
  readonly keys: KeyPort;
  readonly emvKeys: EmvKeySource;
  readonly symmetric: SymmetricPort;
  readonly profiles: ReadonlyMap<string, CardProfile>;
  readonly rules: IssuerRules;
  /** Whether a number is of our own cards, or of tokens, which are made with the same keys. */
  readonly isOurs: (number: string) => boolean;
  readonly clock: () => Date;
}

/** How long what is known of ranges and keys is not asked for again. */
const RELOAD_MS = 2000;
/** Cards whose derived keys are remembered, so that the keeper of keys is not asked with each payment. */
const MOST_CARDS = 10_000;

interface Range {
  readonly row: EmvRangeRow;
  readonly versions: VersionSet;
  readonly rules: IssuerRules;
  readonly keys: ReadonlyMap<number, MasterKeyIds>;
}

export function chips(parts: ChipParts): Chips {
  const { store, keys, symmetric, clock } = parts;
  const own = [...parts.profiles.values()].map((profile) => cryptogramProfileOf(profile));
  const asked = new LruMap<Promise<Answers>>(MOST_CARDS);
  let known: Promise<readonly Range[]> | undefined;
  let readAt = 0;

  const ranges = (): Promise<readonly Range[]> => {
    const now = clock().getTime();
    if (known === undefined || Math.abs(now - readAt) >= RELOAD_MS) {
      const reading = store.read((tx) => tx.emvRanges.all()).then((all) => rangesOf(all, parts.rules));
      reading.catch(() => {
        if (known === reading) known = undefined;
      });
      [known, readAt] = [reading, now];
    }
    return known;
  };

  async function ownChip({ number, sequence, own: card, iad }: ChipQuestion): Promise<ChipAnswer> {
    const version = ownVersion(own, iad, card?.application.profile);
    if (version === undefined) return { status: 'version_unknown' };
    const { issuer } = await parts.emvKeys.get();
    const issuers = [issuer('tdes'), issuer('aes')];
    const keysOf: KeysByIndex = (index) =>
      issuers.find(({ cipher, keyIndex }) => cipher === version.cipher && keyIndex === index)?.masterKeys;
    const identity = identityOf(number, sequence);
    const chip = { range: undefined, card: identity, version, rules: parts.rules, port: symmetric, keysOf };
    return { status: 'ok', chip };
  }

  async function rangeChip(range: Range, { number, sequence, iad }: ChipQuestion): Promise<ChipAnswer> {
    const version = range.versions.of(iad);
    if (version === undefined) return { status: 'version_unknown' };
    const card = identityOf(number, sequence);
    const index = readIssuerData(version.iad, iad)?.keyIndex ?? 0;
    const ids = range.keys.get(index);
    const { rules, row } = range;
    const common = { range: row.id, card, version, rules };
    if (ids === undefined)
      return { status: 'ok', chip: { ...common, port: symmetric, keysOf: () => undefined } };
    const name = [ids.cryptogram, version.name, number, card.sequence].join(' ');
    const answers = asked.get(name) ?? askForCard(keys, ids, version, card);
    asked.set(name, answers);
    answers.catch(() => asked.delete(name));
    const { port, keys: handles } = handlePort(symmetric, ids, await answers);
    const keysOf: KeysByIndex = (wanted) => (wanted === index ? handles : undefined);
    return { status: 'ok', chip: { ...common, port, keysOf } };
  }

  return {
    async chipOf(question) {
      const range = longest(await ranges(), question.number);
      if (range !== undefined) return rangeChip(range, question);
      return parts.isOurs(question.number) ? ownChip(question) : { status: 'range_unknown' };
    },
    rangesChanged() {
      known = undefined;
    },
  };
}

const identityOf = (pan: string, sequence: string | undefined): CardIdentity =>
  sequence === undefined ? { pan } : { pan, sequence };

/**
 * Of a card that is in our books, its profile's. Of others, the one that fits; a phone's differs from a card's in that it names a
 * limited-use key.
 */
function ownVersion(
  own: readonly CryptogramProfile[],
  iad: Bytes,
  profile: string | undefined,
): CryptogramProfile | undefined {
  if (profile !== undefined)
    return own.find(({ name, iad: shape }) => name === profile && fitsShape(shape, iad));
  return own.find(
    ({ iad: shape, limitedUse }) =>
      fitsShape(shape, iad) && limitedUse === (readIssuerData(shape, iad)?.keyNumber ?? 0) > 0,
  );
}

function longest(ranges: readonly Range[], number: string): Range | undefined {
  let found: Range | undefined;
  for (const range of ranges) {
    const { prefix, digits } = range.row;
    if (number.length !== digits || !number.startsWith(prefix)) continue;
    if (found === undefined || prefix.length > found.row.prefix.length) found = range;
  }
  return found;
}

function rangesOf(
  { ranges, keys }: { readonly ranges: readonly EmvRangeRow[]; readonly keys: readonly EmvMasterKeyRow[] },
  usual: IssuerRules,
): Range[] {
  return ranges.map((row) => ({
    row,
    // What was refused was not written (operations/emv-ranges.ts).
    versions: versionSet(row.versions.map(parseCryptogramProfile)),
    rules: row.rules === undefined ? usual : parseIssuerRules(row.rules),
    keys: new Map(keys.filter((k) => k.range === row.id).flatMap((k) => idsOf(k))),
  }));
}

function idsOf({ keyIndex, state, keys }: EmvMasterKeyRow): readonly (readonly [number, MasterKeyIds])[] {
  const [cryptogram, scriptMac, scriptEncipher] = keys;
  if (state !== 'active' || cryptogram === undefined) return [];
  if (scriptMac === undefined || scriptEncipher === undefined) return [];
  return [[keyIndex, { cryptogram, scriptMac, scriptEncipher }]];
}
