/** `sokkin pos new`: a terminal with its line, and what its kernel needs to know of the cards. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { hex } from '@sokkin/codec';
import { caKeyChecksum } from '@sokkin/crypto';
import { parseTerminalConfig } from '@sokkin/terminal';
import { z } from 'zod';
import { writeWhole } from '../data/files.ts';
import { type Args, type Command, UsageError } from '../io/command.ts';
import type { Context } from '../io/context.ts';
import { keyIn } from '../pos/key-file.ts';
import { exampleConfig, terminalFile } from '../pos/read-card.ts';
import { register } from '../pos/register.ts';
import {
  isDialectFile,
  macKeyOf,
  type PosPlace,
  type PosSettings,
  posPlace,
  profileOf,
  writeSettings,
} from '../pos/settings.ts';
import { accountFor } from './common.ts';

export const posNew: Command = {
  name: 'pos new',
  says: 'set up a terminal: its numbers, its line, its dialect',
  positionals: [{ name: 'name', says: 'what it is called here' }],
  flags: {
    line: { value: 'HOST:PORT', says: "the acquirer's host (127.0.0.1:8583)" },
    profile: { value: 'NAME', says: 'a shipped dialect of ISO 8583, or a file (1987-ascii)' },
    terminal: { value: 'ID', says: 'field 41, up to 8 characters', required: true },
    merchant: { value: 'ID', says: 'field 42, up to 15 characters', required: true },
    category: { value: 'MCC', says: 'four digits (5411)' },
    acquirer: { value: 'DIGITS', says: 'field 32, if the acquirer wants it' },
    shop: { value: 'NAME', says: 'what stands on receipts' },
    language: { value: 'LANGUAGE', says: 'of receipts: ja (default) or en' },
    columns: { value: 'N', says: 'of the paper: 32 (default) or 48' },
    account: {
      value: 'ACCOUNT',
      says: 'of a sandbox: also make the merchant, paid into this account, and a line with a key',
    },
    'mac-key': { value: 'FILE', says: 'a file with the key of the line, hexadecimal; without it, no codes' },
    mac: { value: 'ALGORITHM', says: 'retail-00, retail-80 (default) or cmac' },
    'tls-ca': { value: 'FILE', says: 'speak TLS, and believe this authority (PEM)' },
    'tls-cert': { value: 'FILE', says: "the terminal's own certificate (PEM)" },
    'tls-key': { value: 'FILE', says: 'and its key (PEM)' },
    'sign-on': { says: 'sign on (0800) after each connect' },
    timeout: { value: 'MS', says: 'how long an answer may take (10000)' },
    config: {
      value: 'FILE',
      says: 'of the kernel (docs/spec/terminal-kernel.md, 3); without it, one for the cards of this back-end',
    },
  },
  examples: [
    'sokkin pos new till --terminal TERM0001 --merchant SHOP1 --account Shop',
    'sokkin pos new till2 --terminal TERM0002 --merchant SHOP1 --line host.example:8583 --mac-key line.key',
  ],
  async run(context, args) {
    const place = posPlace(context, args.text('name'));
    const wished = await settingsOf(args);
    await profileOf(wished.profile);
    macKeyOf(wished);
    const account = args.maybe('account');
    const settings =
      account === undefined
        ? wished
        : await register(context, wished, (await accountFor(context.api(), account)).id);
    const config = await kernelConfig(context, args, settings);
    await writeSettings(place, settings);
    await writeWhole(terminalFile(place), `${JSON.stringify(config, null, 1)}\n`);
    return { json: { name: place.name, folder: place.folder }, lines: told(place, settings) };
  },
};

const told = ({ name }: PosPlace, { terminal, host, port, profile }: PosSettings): string[] => [
  `The terminal ${name} (${terminal}) speaks ${profile} with ${host}:${port}.`,
  `Take a payment: sokkin pos sale 1200 --card CARD --pos ${name}`,
];

async function settingsOf(args: Args): Promise<PosSettings> {
  const { host, port } = addressOf(args.maybe('line') ?? '127.0.0.1:8583');
  const keyFile = args.maybe('mac-key');
  if (keyFile === undefined && args.maybe('mac') !== undefined)
    throw new UsageError('--mac says how, --mac-key must say with which key.');
  const mac =
    keyFile === undefined
      ? undefined
      : { algorithm: args.maybe('mac') ?? 'retail-80', key: await keyIn(keyFile) };
  const [ca, cert, key] = [args.maybe('tls-ca'), args.maybe('tls-cert'), args.maybe('tls-key')];
  const hasTls = ca !== undefined || cert !== undefined || key !== undefined;
  const profile = args.maybe('profile') ?? '1987-ascii';
  return {
    format: 'sokkin-pos-1',
    ...{ host, port, profile: isDialectFile(profile) ? resolve(profile) : profile },
    terminal: args.text('terminal'),
    merchant: args.text('merchant'),
    category: args.maybe('category') ?? '5411',
    acquirer: args.maybe('acquirer'),
    shop: args.maybe('shop') ?? args.text('merchant'),
    language: args.maybe('language') === 'en' ? 'en' : languageOf(args.maybe('language')),
    columns: columnsOf(args.maybe('columns')),
    signOn: args.has('sign-on'),
    timeoutMs: numberOf(args.maybe('timeout') ?? '10000', 'timeout'),
    ...(mac === undefined ? {} : { mac: macOf(mac) }),
    ...(hasTls ? { tls: { ca: placeOf(ca), cert: placeOf(cert), key: placeOf(key) } } : {}),
  };
}

/** Whole: the terminal is used from other folders than it was set up in. */
const placeOf = (path: string | undefined): string | undefined =>
  path === undefined ? undefined : resolve(path);

function languageOf(text = 'ja'): 'ja' {
  if (text !== 'ja') throw new UsageError(`--language is ja or en, not "${text}".`);
  return 'ja';
}

function columnsOf(text = '32'): 32 | 48 {
  if (text === '32') return 32;
  if (text === '48') return 48;
  throw new UsageError(`--columns is 32 or 48, not "${text}".`);
}

function macOf({ algorithm, key }: { algorithm: string; key: string }): NonNullable<PosSettings['mac']> {
  const known = (['retail-00', 'retail-80', 'cmac'] as const).find((a) => a === algorithm);
  if (known === undefined) throw new UsageError(`--mac is retail-00, retail-80 or cmac, not "${algorithm}".`);
  return { algorithm: known, key };
}

function addressOf(text: string): { host: string; port: number } {
  const found = /^\[?([^[\]]+?)\]?:(\d{1,5})$/.exec(text);
  if (found?.[1] === undefined)
    throw new UsageError(`--line is HOST:PORT, like 127.0.0.1:8583, not "${text}".`);
  return { host: found[1], port: numberOf(found[2] ?? '', 'line') };
}

function numberOf(text: string, flag: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new UsageError(`--${flag}: "${text}" is no number.`);
}

/** The example for this project's cards, with the shop's names and the keys that the back-end publishes. */
async function kernelConfig(context: Context, args: Args, settings: PosSettings): Promise<unknown> {
  const path = args.maybe('config');
  if (path !== undefined) {
    const json: unknown = JSON.parse(await readFile(path, 'utf8'));
    parseTerminalConfig(json);
    return json;
  }
  const keys = await context.api().emvCaKeys();
  const example = withoutPinPad(await exampleConfig());
  const { terminal, merchant, category, shop } = settings;
  const ascii = (text: string, most: number): string => text.replaceAll(/[^ -~]/g, '?').slice(0, most);
  const config = merged(example, {
    // Tags 9F1C and 9F16: letters and digits
    terminal: { id: plain(terminal).padStart(8, '0').slice(-8) },
    merchant: { id: plain(merchant), category, name: ascii(shop, 40) },
    caKeys: keys.map(({ rid, index, modulus, exponent }) => ({
      rid: hex(rid),
      index: index.toString(16).padStart(2, '0'),
      modulus: hex(modulus),
      exponent: hex(exponent),
      checksum: hex(caKeyChecksum({ rid, index, modulus, exponent })),
    })),
  });
  parseTerminalConfig(config);
  return config;
}

const plain = (text: string): string => text.replaceAll(/[^A-Za-z0-9]/g, '') || '0';

const withMethods = z.looseObject({
  combinations: z.array(
    z.looseObject({
      qualifiers: z.string(),
      methods: z.object({ below: z.array(z.string()), above: z.array(z.string()) }),
    }),
  ),
});

/** Online PINs need a pad and a key of their own: not offered, and the qualifiers (9F66) say so. */
function withoutPinPad(example: unknown): unknown {
  const config = withMethods.parse(example);
  const without = (methods: readonly string[]) => methods.filter((m) => m !== 'onlinePin');
  const combinations = config.combinations.map(({ qualifiers, methods, ...rest }) => ({
    ...rest,
    qualifiers: qualifiers.replace(/^26/, '22'),
    methods: { below: without(methods.below), above: without(methods.above) },
  }));
  return { ...config, combinations };
}

function merged(base: unknown, change: Readonly<Record<string, unknown>>): unknown {
  if (typeof base !== 'object' || base === null) return change;
  const out: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(change)) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    out[name] = isObject ? merged(out[name], Object.fromEntries(Object.entries(value))) : value;
  }
  return out;
}
