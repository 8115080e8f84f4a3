/**
 * What of a configuration must agree with what (Book A, 5.7: terminal transaction qualifiers; Book 4, Annex A).
 *
 * What must hold: a terminal never tells a card that it can what it cannot, and what it cannot do is never asked of it.
 */
import { type Bytes, equal, hex, SokkinError } from '@sokkin/codec';
import { type Combination, isOfflineOnly, type TerminalConfig } from './types.ts';

const refuse = (path: string, text: string): never => {
  throw new SokkinError('bad_terminal_config', `${path}: ${text}`);
};

export function checkConfig(config: TerminalConfig): void {
  const { terminalType, terminalTypeWithoutNetwork: without } = config;
  if (without !== undefined && !isOfflineOnly(without))
    refuse(
      'config.terminal.typeWithoutNetwork',
      'a type that ends in 3 or 6 is expected: it has no network.',
    );
  if (isOfflineOnly(terminalType) && without !== undefined)
    refuse('config.terminal.typeWithoutNetwork', 'the terminal never has a network: leave this out.');
  config.combinations.forEach((c, i) => {
    checkCombination(`config.combinations[${i}]`, c, config);
    const twin = config.combinations.findIndex((o) => equal(o.aid, c.aid) && equal(o.kernel, c.kernel));
    if (twin !== i) refuse(`config.combinations[${i}]`, `has AID and kernel of combinations[${twin}].`);
  });
  const keys = config.caKeys.map((k) => `${hex(k.rid)} ${k.index}`);
  keys.forEach((k, i) => {
    if (keys.indexOf(k) !== i) refuse(`config.caKeys[${i}]`, 'this RID has another key with this index.');
  });
}

/** Bits of the qualifiers by byte and mask (Book A, 5.7). */
const QUALIFIER = {
  magneticStripe: [0, 0x80],
  emvMode: [0, 0x20],
  contacts: [0, 0x10],
  offlineOnly: [0, 0x08],
  onlinePin: [0, 0x04],
  signature: [0, 0x02],
  issuerUpdate: [2, 0x80],
  onDevice: [2, 0x40],
} as const;

const has = (qualifiers: Bytes, [byte, mask]: readonly [number, number]): boolean =>
  ((qualifiers[byte] ?? 0) & mask) !== 0;

function checkCombination(path: string, c: Combination, config: TerminalConfig): void {
  const { qualifiers: q } = c;
  const at = `${path}.qualifiers`;
  const methods = new Set([...c.methodsBelow, ...c.methodsAbove]);
  const never = isOfflineOnly(config.terminalType);
  if (!has(q, QUALIFIER.emvMode)) refuse(at, 'byte 1 bit 6 (EMV mode) must be set: the kernel has no other.');
  if (has(q, QUALIFIER.magneticStripe)) refuse(at, 'byte 1 bit 8 (magnetic stripe mode) is not supported.');
  if (has(q, QUALIFIER.issuerUpdate)) refuse(at, 'byte 3 bit 8 (issuer update) is not supported.');
  if ((q[1] ?? 0) & 0xc0) refuse(at, 'byte 2 bits 8 and 7 belong to pre-processing: leave them zero.');
  if (has(q, QUALIFIER.contacts) !== config.hasContacts)
    refuse(at, 'byte 1 bit 5 (contacts) must say what terminal.contacts says.');
  if (has(q, QUALIFIER.offlineOnly) !== never)
    refuse(at, 'byte 1 bit 4 (offline only) must say what terminal.type says.');
  for (const method of ['onlinePin', 'signature', 'onDevice'] as const) {
    if (has(q, QUALIFIER[method]) !== methods.has(method))
      refuse(at, `the bit of ${method} must say whether ${path}.methods has it.`);
  }
  if (never && methods.has('onlinePin'))
    refuse(`${path}.methods`, 'a terminal without a network has no onlinePin.');
  if (c.methodsBelow.has('onDevice') && !c.methodsAbove.has('onDevice'))
    refuse(`${path}.methods.below`, 'onDevice below the limit only makes no sense: name it above, too.');
  checkRandomSelection(path, c);
}

function checkRandomSelection(path: string, { randomSelection: r, floorLimit }: Combination): void {
  if (r === undefined) return;
  const at = `${path}.randomSelection`;
  if (floorLimit === undefined) refuse(at, 'needs limits.floor (Book 3, 10.6.2).');
  else if (r.threshold >= floorLimit) refuse(`${at}.threshold`, 'must lie below limits.floor.');
  if (r.maximum < r.target) refuse(`${at}.maximum`, 'must not be below target.');
}
