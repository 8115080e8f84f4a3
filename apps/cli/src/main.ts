/**
 * `sokkin`: arguments in, an exit code out (0 done, 1 refused or failed, 2 not understood, 3 torn tap).
 *
 * What must hold: a person never sees a stack trace unless SOKKIN_DEBUG asks for it; with --json, stdout is one
 * JSON object and nothing else, also when something failed.
 */
import { SokkinError } from '@sokkin/codec';
import { accessCommands } from './commands/access.ts';
import * as acquirers from './commands/acquirers.ts';
import { backupCommand, restoreCommand } from './commands/backup.ts';
import { cardPerso } from './commands/batch.ts';
import * as blockList from './commands/block-list.ts';
import { bridgeCommand } from './commands/bridge.ts';
import * as cardLife from './commands/card-life.ts';
import * as claims from './commands/claims.ts';
import { evidenceCommand } from './commands/evidence.ts';
import { fleetCommand } from './commands/fleet.ts';
import * as identity from './commands/identity.ts';
import * as keys from './commands/keys.ts';
import * as ledger from './commands/ledger.ts';
import * as log from './commands/log.ts';
import { merchantCommands } from './commands/merchants.ts';
import * as money from './commands/money.ts';
import * as operators from './commands/operators.ts';
import * as orders from './commands/orders.ts';
import * as pay from './commands/pay.ts';
import * as perso from './commands/perso.ts';
import * as policy from './commands/policy.ts';
import * as pos from './commands/pos.ts';
import { posLoad } from './commands/pos-load.ts';
import { posNew } from './commands/pos-new.ts';
import * as proof from './commands/proof.ts';
import * as proposals from './commands/proposals.ts';
import { purseCommands } from './commands/purse-acts.ts';
import * as purses from './commands/purses.ts';
import { rangeCommands } from './commands/ranges.ts';
import { cardAttach, readersCommand } from './commands/readers.ts';
import { scaleApplyCommand, scalePlanCommand } from './commands/scale.ts';
import { scriptCommands } from './commands/scripts.ts';
import { settlementCommands } from './commands/settlement.ts';
import { simulateCommand } from './commands/simulate.ts';
import { configCommand, startCommand } from './commands/start.ts';
import { terminalCommands } from './commands/terminals.ts';
import { tokenCommands } from './commands/tokens.ts';
import { webhookCommands } from './commands/webhooks.ts';
import { type Command, EXIT, findCommand, parseCommand } from './io/command.ts';
import { makeContext, type Output, type Surroundings } from './io/context.ts';
import { kindPage, overview, page } from './io/help.ts';

export const COMMANDS: readonly Command[] = [
  startCommand,
  configCommand,
  backupCommand,
  restoreCommand,
  scalePlanCommand,
  scaleApplyCommand,
  money.accountCreate,
  money.accountList,
  money.issue,
  money.destroy,
  ledger.transferCommand,
  ledger.reverseCommand,
  ledger.statementCommand,
  money.auditCommand,
  money.alertsCommand,
  perso.cardCreate,
  cardPerso,
  orders.cardBatch,
  perso.cardPersonalise,
  purses.cardShow,
  purses.cardList,
  purses.cardPin,
  cardLife.cardActivate,
  cardLife.cardReplace,
  cardLife.cardRetire,
  orders.orderCreate,
  orders.orderList,
  orders.orderShow,
  orders.orderDeliver,
  fleetCommand,
  ...purseCommands,
  blockList.fetchCommand,
  blockList.showCommand,
  cardAttach,
  readersCommand,
  bridgeCommand,
  perso.phoneCreate,
  perso.phoneKeys,
  purses.phoneShow,
  purses.phoneList,
  money.fundCommand,
  money.redeemCommand,
  money.syncCommand,
  pay.payCommand,
  pay.ticketCommand,
  pay.collectCommand,
  pay.deliverCommand,
  pay.receiptsCommand,
  pay.pickupCommand,
  pay.cancelCommand,
  proof.disputeCommand,
  proof.verifyCommand,
  evidenceCommand,
  proof.traceCommand,
  ...accessCommands,
  ...merchantCommands,
  ...terminalCommands,
  ...scriptCommands,
  operators.operatorEnrol,
  operators.operatorInvite,
  operators.operatorCode,
  operators.operatorRoles,
  operators.operatorList,
  operators.operatorDismiss,
  operators.login,
  operators.logout,
  proposals.proposalList,
  proposals.proposalShow,
  proposals.proposalApprove,
  proposals.proposalRefuse,
  proposals.proposalWithdraw,
  acquirers.acquirerLink,
  acquirers.acquirerList,
  acquirers.acquirerShow,
  acquirers.acquirerClose,
  claims.claimReport,
  claims.claimShow,
  claims.claimList,
  claims.claimWithdraw,
  claims.claimSettle,
  claims.claimRefuse,
  ...settlementCommands,
  identity.identityAsk,
  identity.identityRead,
  proposals.policyShow,
  policy.policyPreview,
  proposals.policyPropose,
  policy.situationShow,
  policy.situationPropose,
  policy.situationEmergency,
  policy.retentionCommand,
  ...tokenCommands,
  ...rangeCommands,
  ...webhookCommands,
  keys.keyList,
  keys.keyCeremony,
  keys.keyRotate,
  keys.keyRenew,
  keys.keyDestroy,
  keys.keyPassphrase,
  log.logShow,
  log.logExport,
  log.logVerify,
  posNew,
  pos.posSale,
  pos.posCapture,
  pos.posRefund,
  pos.posCancel,
  pos.posUpload,
  pos.posClose,
  pos.posShow,
  posLoad,
  simulateCommand,
];

const VERSION = '0.1.0';

export async function main(
  words: readonly string[],
  around: Surroundings = { env: process.env, out: process.stdout, err: process.stderr },
): Promise<number> {
  const json = words.includes('--json');
  try {
    const [first] = words;
    if (first === undefined || first === 'help' || first === '--help' || first === '-h') {
      print(around.out, [...help(words.slice(1))]);
      return EXIT.done;
    }
    if (first === '--version') {
      print(around.out, [VERSION]);
      return EXIT.done;
    }
    const asksForKind = words[1] === '--help' || words[1] === '-h';
    if (asksForKind && isKind(first)) {
      print(around.out, [...help([first])]);
      return EXIT.done;
    }
    return await runCommand(words, json, around);
  } catch (error) {
    return tellError(error, json, around);
  }
}

function help(words: readonly string[]): readonly string[] {
  const [first, second] = words;
  if (first === undefined) return overview(COMMANDS);
  return second === undefined && isKind(first)
    ? kindPage(COMMANDS, first)
    : page(findCommand(COMMANDS, words).command);
}

/** Whether commands begin with this word, and it is none by itself. */
const isKind = (word: string): boolean =>
  !COMMANDS.some(({ name }) => name === word) && COMMANDS.some(({ name }) => name.startsWith(`${word} `));

async function runCommand(words: readonly string[], json: boolean, around: Surroundings): Promise<number> {
  const { command, rest } = findCommand(COMMANDS, words);
  const args = parseCommand(command, rest);
  if (args.has('help')) {
    print(around.out, page(command));
    return EXIT.done;
  }
  const context = makeContext(around, {
    json,
    trace: args.has('trace'),
    data: args.maybe('data'),
    api: args.maybe('api'),
    client: args.maybe('client'),
  });
  const answer = await command.run(context, args);
  print(around.out, json ? [JSON.stringify(answer.json)] : answer.lines);
  return answer.exit ?? EXIT.done;
}

function print(out: Output, lines: readonly string[]): void {
  if (lines.length > 0) out.write(`${lines.join('\n')}\n`);
}

function tellError(error: unknown, json: boolean, { env, out, err }: Surroundings): number {
  const known = error instanceof SokkinError;
  const code = known ? error.code : 'bug';
  const message = known
    ? error.message
    : `This is a fault in sokkin itself: ${error instanceof Error ? error.message : String(error)}. Set SOKKIN_DEBUG=1 to see where.`;
  if (json) out.write(`${JSON.stringify({ error: { code, message } })}\n`);
  else err.write(`${message}\n`);
  if (code === 'usage' && !json) err.write('Say "sokkin --help" for all commands.\n');
  if ((env.SOKKIN_DEBUG ?? '') !== '' && error instanceof Error) err.write(`${error.stack ?? ''}\n`);
  if (code === 'usage') return EXIT.usage;
  return code === 'card_lost' ? EXIT.torn : EXIT.refused;
}
