/** What `sokkin` says of itself: the list of commands, and one page for each. */
import { COMMON, type Command, type Flag } from './command.ts';

const GROUPS: readonly (readonly [title: string, names: readonly string[]])[] = [
  [
    'Back-end',
    [
      'start',
      'config',
      'backup',
      'restore',
      'scale plan',
      'scale apply',
      'account create',
      'account list',
      'issue',
      'destroy',
      'audit',
      'alerts',
    ],
  ],
  [
    'Cards and phones',
    [
      'card create',
      'card perso',
      'card personalise',
      'card show',
      'card list',
      'card pin',
      'card attach',
      'readers',
      'phone create',
      'phone keys',
      'phone show',
      'phone list',
      'fund',
      'redeem',
      'sync',
    ],
  ],
  [
    'The fleet, and what is lost',
    [
      'fleet',
      'purse list',
      'purse show',
      'purse limits',
      'purse block',
      'purse unblock',
      'purse reset-pin',
      'purse tier',
      'purse renew',
      'order create',
      'order list',
      'order show',
      'order deliver',
      'card batch',
      'card activate',
      'card replace',
      'card retire',
      'blocklist fetch',
      'blocklist show',
      'claim report',
      'claim show',
      'claim list',
      'claim withdraw',
      'claim settle',
      'claim refuse',
    ],
  ],
  ['Paying, all of it offline', ['pay', 'ticket', 'collect', 'deliver', 'receipts', 'pickup', 'cancel']],
  ['Keys', ['key list', 'key ceremony', 'key rotate', 'key renew', 'key destroy', 'key passphrase']],
  ['Proof', ['dispute', 'verify', 'evidence', 'trace']],
  ['Planning', ['simulate']],
];

/** All commands: those that no group names stand at the end. */
export function overview(commands: readonly Command[]): string[] {
  const grouped = new Set(GROUPS.flatMap(([, names]) => names));
  const width = Math.max(...commands.map((c) => c.name.length));
  const line = (name: string): string[] => {
    const command = commands.find((c) => c.name === name);
    return command === undefined ? [] : [`  sokkin ${name.padEnd(width)}  ${command.says}`];
  };
  return [
    'sokkin: pay with cards and phones while nothing is online.',
    ...GROUPS.flatMap(([title, names]) => ['', `${title}:`, ...names.flatMap(line)]),
    '',
    'For institutions, operators and shops:',
    ...commands.filter((c) => !grouped.has(c.name)).flatMap((c) => line(c.name)),
    '',
    'Say "sokkin COMMAND --help" for its flags and examples. Every command takes --json.',
    'Exit codes: 0 done, 1 refused or failed, 2 not understood, 3 torn tap (tap again).',
  ];
}

export function page(command: Command): string[] {
  const positionals = command.positionals ?? [];
  const usage = positionals.map((p) => {
    const name = `${p.name.toUpperCase()}${p.many ? '...' : ''}`;
    return p.optional ? `[${name}]` : name;
  });
  return [
    `sokkin ${command.name}: ${command.says}`,
    '',
    `Usage: sokkin ${[command.name, ...usage].join(' ')} [flags]`,
    ...positionals.map((p) => `  ${p.name.toUpperCase().padEnd(22)}${p.says}`),
    ...section('Flags', command.flags ?? {}),
    ...section('For every command', COMMON),
    '',
    'Examples:',
    ...command.examples.map((e) => `  ${e}`),
  ];
}

function section(title: string, flags: Readonly<Record<string, Flag>>): string[] {
  const lines = Object.entries(flags).map(([name, { value, says, required }]) => {
    const left = `--${name}${value === undefined ? '' : ` ${value}`}`;
    return `  ${left.padEnd(22)}${says}${required === true ? ' (required)' : ''}`;
  });
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines];
}
