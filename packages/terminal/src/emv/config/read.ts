/**
 * The configuration file of a terminal, format `sokkin-terminal-config-1` (docs/spec/terminal-kernel.md, 3).
 *
 * What must hold: every member stands there once and is understood, or the file is refused with `bad_terminal_config`,
 * the place, what is wrong and what is allowed; what is read does not contradict itself (`check.ts`).
 */
import { type Bytes, equal, parseDol, SokkinError, TVR_FLAGS, type TvrFlag } from '@sokkin/codec';
import { caKeyChecksum } from '@sokkin/crypto';
import { checkConfig } from './check.ts';
import { Field } from './field.ts';
import type {
  ActionCodes,
  Combination,
  HolderMethod,
  RandomSelection,
  TerminalCaKey,
  TerminalConfig,
} from './types.ts';

export const TERMINAL_CONFIG_FORMAT = 'sokkin-terminal-config-1';

const METHODS: readonly HolderMethod[] = ['noCvm', 'signature', 'onlinePin', 'onDevice'];
const TVR_NAMES = Object.keys(TVR_FLAGS.bits) as TvrFlag[];

/** From the text of the file. */
export function readTerminalConfig(text: string): TerminalConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new SokkinError('bad_terminal_config', 'config: this is not JSON.', { cause });
  }
  return parseTerminalConfig(json);
}

export function parseTerminalConfig(json: unknown): TerminalConfig {
  const top = new Field('config', json, 'bad_terminal_config').members(
    ['format', 'name', 'terminal', 'merchant', 'combinations', 'caKeys', 'revoked', 'exceptions', 'torn'],
    ['note'],
  );
  top.format.oneOf([TERMINAL_CONFIG_FORMAT]);
  top.note?.text(/^[\s\S]{0,2000}$/, 'text for people');
  const torn = top.torn.members(['depth', 'lifetimeSeconds']);
  const config: TerminalConfig = {
    name: top.name.text(/^[a-z0-9-]{1,40}$/, 'small letters, digits and hyphens, at most 40'),
    ...readTerminal(top.terminal),
    ...readMerchant(top.merchant),
    combinations: top.combinations.list(1, 64).map(readCombination),
    caKeys: top.caKeys.list(0, 256).map(readCaKey),
    revoked: top.revoked.list(0, 10_000).map(readRevoked),
    exceptions: top.exceptions.list(0, 100_000).map(readException),
    torn: { depth: torn.depth.whole(0, 64), lifetimeSeconds: torn.lifetimeSeconds.whole(0, 86_400) },
  };
  checkConfig(config);
  return config;
}

const DIGITS3 = /^\d{3}$/;

function readTerminal(field: Field) {
  const t = field.members(
    ['type', 'country', 'currency', 'exponent', 'contacts', 'additionalCapabilities', 'serial', 'id'],
    ['typeWithoutNetwork'],
  );
  return {
    terminalType: t.type.bytes(1)[0] ?? 0,
    terminalTypeWithoutNetwork: t.typeWithoutNetwork?.bytes(1)[0],
    country: t.country.text(DIGITS3, 'three digits of ISO 3166-1'),
    currency: t.currency.text(DIGITS3, 'three digits of ISO 4217'),
    exponent: t.exponent.whole(0, 9),
    hasContacts: t.contacts.flag(),
    additionalCapabilities: t.additionalCapabilities.bytes(5),
    serial: t.serial.text(/^[A-Za-z0-9]{8}$/, 'eight letters and digits'),
    terminalId: t.id.text(/^[A-Za-z0-9]{8}$/, 'eight letters and digits'),
  };
}

function readMerchant(field: Field) {
  const m = field.members(['id', 'category', 'name']);
  return {
    merchantId: m.id.text(/^[ -~]{1,15}$/, '1 to 15 printable characters'),
    merchantCategory: m.category.text(/^\d{4}$/, 'four digits of ISO 18245'),
    merchantName: m.name.text(/^[ -~]{1,40}$/, '1 to 40 printable characters'),
  };
}

function readCombination(field: Field): Combination {
  const c = field.members(
    ['aid', 'kernel', 'version', 'qualifiers', 'limits', 'zeroAmount', 'methods', 'actionCodes'],
    ['statusCheck', 'extendedSelection', 'randomSelection', 'defaultDdol', 'defaultTdol'],
  );
  const limits = c.limits.members([], ['transaction', 'floor', 'cvmRequired']);
  const methods = c.methods.members(['below', 'above']);
  return {
    aid: c.aid.bytes(5, 16),
    kernel: readKernel(c.kernel),
    version: c.version.bytes(2),
    qualifiers: c.qualifiers.bytes(4),
    transactionLimit: limits.transaction?.amount(),
    floorLimit: limits.floor?.amount(),
    cvmRequiredLimit: limits.cvmRequired?.amount(),
    zeroAmountAllowed: c.zeroAmount.oneOf(['allowed', 'refused']) === 'allowed',
    statusCheck: c.statusCheck?.flag() ?? false,
    extendedSelection: c.extendedSelection?.flag() ?? false,
    methodsBelow: methods.below.setOf(METHODS),
    methodsAbove: methods.above.setOf(METHODS),
    actionCodes: readActionCodes(c.actionCodes),
    randomSelection: c.randomSelection && readRandomSelection(c.randomSelection),
    defaultDdol:
      c.defaultDdol === undefined ? parseDol(Uint8Array.of(0x9f, 0x37, 4)) : readList(c.defaultDdol),
    defaultTdol: c.defaultTdol && readList(c.defaultTdol),
  };
}

/** Book B, 3.3.2.5: an international kernel is one byte, a domestic one has its country behind it. */
function readKernel(field: Field): Bytes {
  const kernel = field.bytes(1, 3);
  const isDomestic = ((kernel[0] ?? 0) & 0x80) !== 0;
  if (kernel[0] === 0 || kernel.length !== (isDomestic ? 3 : 1))
    field.fail('a kernel is one byte from 01 to 3F, or three of a domestic kernel with bit 8 set.');
  return kernel;
}

const readList = (field: Field) => field.reading(() => parseDol(field.bytes(0, 252)));

function readActionCodes(field: Field): ActionCodes {
  const a = field.members(['denial', 'online', 'default']);
  return {
    denial: a.denial.setOf(TVR_NAMES),
    online: a.online.setOf(TVR_NAMES),
    default: a.default.setOf(TVR_NAMES),
  };
}

function readRandomSelection(field: Field): RandomSelection {
  const r = field.members(['threshold', 'target', 'maximum']);
  return {
    threshold: r.threshold.amount(),
    target: r.target.whole(0, 99),
    maximum: r.maximum.whole(0, 99),
  };
}

function readCaKey(field: Field): TerminalCaKey {
  const k = field.members(['rid', 'index', 'modulus', 'exponent', 'checksum'], ['expires']);
  const key = {
    rid: k.rid.bytes(5),
    index: k.index.bytes(1)[0] ?? 0,
    modulus: k.modulus.bytes(64, 248),
    exponent: k.exponent.bytes(1, 3),
    expires: k.expires?.day(),
  };
  if (key.modulus[0] === 0) k.modulus.fail('its first byte is zero.');
  // Book 2, 11.2.2: a key that was changed on its way is not taken in
  if (!equal(k.checksum.bytes(20), caKeyChecksum(key)))
    k.checksum.fail('is not SHA-1 over RID, index, modulus and exponent.');
  return key;
}

function readRevoked(field: Field) {
  const r = field.members(['rid', 'index', 'serial']);
  return { rid: r.rid.bytes(5), index: r.index.bytes(1)[0] ?? 0, serial: r.serial.bytes(3) };
}

function readException(field: Field) {
  const e = field.members(['pan'], ['sequence']);
  return {
    pan: e.pan.text(/^\d{12,19}$/, '12 to 19 digits'),
    sequence: e.sequence?.text(/^\d{2}$/, 'two digits'),
  };
}
