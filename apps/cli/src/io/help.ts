/** What `sokkin` says of itself: the list of commands, and one page for each. */
import { COMMON, type Command, type Flag } from './command.ts';

/** By their first words. A test holds that every command is in one of them, once. */
const GROUPS: readonly (readonly [title: string, words: readonly string[]])[] = [
  ['Back-end', ['start', 'config', 'backup', 'restore', 'scale']],
  [
    'Accounts and money',
    ['account', 'issue', 'destroy', 'transfer', 'reverse', 'statement', 'audit', 'webhook'],
  ],
  ['Cards and phones', ['card', 'readers', 'bridge', 'phone', 'fund', 'redeem', 'sync']],
  ['The fleet, and what is lost', ['fleet', 'purse', 'order', 'blocklist', 'claim']],
  ['Paying, all of it offline', ['pay', 'ticket', 'collect', 'deliver', 'receipts', 'pickup', 'cancel']],
  [
    'Who may do what',
    ['login', 'logout', 'operator', 'proposal', 'institution', 'client', 'party', 'device'],
  ],
  ['Watching over it', ['alerts', 'policy', 'situation', 'retention', 'identity', 'log']],
  ['Shops', ['merchant', 'terminal', 'acquirer', 'payment', 'clear', 'settlement', 'pos']],
  ['Tokens, and payment cards of other issuers', ['tokens', 'script', 'range']],
  ['Keys', ['key']],
  ['Proof', ['dispute', 'verify', 'evidence', 'trace']],
  ['Planning', ['simulate']],
];

export function overview(commands: readonly Command[]): string[] {
  const lines = listOf(commands);
  return [
    'sokkin: pay with cards and phones while nothing is online.',
    ...GROUPS.flatMap(([title, words]) => ['', `${title}:`, ...words.flatMap((word) => lines(word))]),
    '',
    'Say "sokkin COMMAND --help" for its flags and examples, and "sokkin card --help" for what there is of a kind.',
    'Every command takes --json. Exit codes: 0 done, 1 refused or failed, 2 not understood, 3 torn tap (tap again).',
  ];
}

/** The commands that begin with this word, if it is none by itself. */
export const kindPage = (commands: readonly Command[], word: string): string[] => [
  ...listOf(commands)(word),
  '',
  `Say "sokkin ${word} ... --help" for the flags and examples of one.`,
];

function listOf(commands: readonly Command[]): (word: string) => string[] {
  const width = Math.max(...commands.map((c) => c.name.length));
  return (word) =>
    commands
      .filter(({ name }) => name === word || name.startsWith(`${word} `))
      .map(({ name, says }) => `  sokkin ${name.padEnd(width)}  ${says}`);
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
