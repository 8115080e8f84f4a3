/**
 * The story that `npm start` plays, with the real code end to end: real files for cards and phones, real APDUs,
 * the real back-end over HTTP. Nothing in it is staged but the choice of what happens.
 *
 * What must hold: every figure that is told is read from the purses or the back-end; a step that does not end as
 * the story says stops it.
 */
import { join } from 'node:path';
import { assert, SokkinError } from '@sokkin/codec';
import { type BackendApi, type CarriedPayment, deliver, deliverTo, meet, TORN } from '@sokkin/terminal';
import type { HttpApi } from '../api/http-api.ts';
import { type MoneyOrder, moveMoney } from '../api/oversight.ts';
import { money } from '../commands/common.ts';
import { auditLines } from '../commands/money.ts';
import { evidenceBetween } from '../data/evidence.ts';
import { readJson, writeWhole } from '../data/files.ts';
import type { Kind, Place } from '../data/places.ts';
import type { Tear } from '../data/purse-file.ts';
import { pinTrust, verifierOf } from '../data/trust.ts';
import { makeBlank } from '../flows/blank.ts';
import { collectFlow, tapOnPhone, ticketFlow } from '../flows/carry.ts';
import { payFlow } from '../flows/direct.ts';
import { fundFlow, redeemFlow, syncFlow } from '../flows/online.ts';
import { persoFlow, USUAL } from '../flows/perso.ts';
import { refuse, type TapCost, withTap } from '../flows/tap.ts';
import type { Context } from '../io/context.ts';
import { type Network, over } from './network.ts';
import { Stage } from './stage.ts';
import { balanceOf, standing } from './standing.ts';

const PIN = '1234';
const ISSUED = 100_000n;
const ON_CARDS = 20_000n;
const ON_PHONES = 15_000n;

/** A card or phone, and what the taps cost in which it came to life. */
interface Born {
  readonly place: Place;
  readonly costs: readonly TapCost[];
}
interface Cast {
  readonly aiko: Place;
  readonly ben: Place;
  readonly chie: Place;
  readonly dan: Place;
}
interface Play {
  readonly context: Context;
  readonly stage: Stage;
  readonly cast: Cast;
  readonly http: HttpApi;
  readonly api: BackendApi;
  readonly network: Network;
  readonly account: string;
}

export interface StoryOptions {
  readonly again: boolean;
  /** Whether the story shall stop. */
  isAsked(): boolean;
}

export async function tellStory(context: Context, http: HttpApi, options: StoryOptions): Promise<void> {
  const marker = join(context.data, 'story.json');
  const before = await readJson(marker);
  const round = Number(before?.round ?? 0);
  if (before?.played === true && !options.again) {
    context.say('  The story was played in this data folder before. This is how things stand:');
    for (const line of await standing(context, http)) context.say(line);
    context.say(context.style.dim('  Play it once more with new cards and phones: sokkin start --again'));
    return;
  }
  await writeWhole(marker, `${JSON.stringify({ round: round + 1, played: false })}\n`);
  const play = await prepare(context, http, round + 1);
  const scenes = [fundAll, carried, phoneToPhone, spendOn, tornAndHealed, replayed, syncAll, redeemed];
  for (const scene of scenes) {
    if (options.isAsked()) return;
    await scene(play);
  }
  await accounted(play);
  await writeWhole(marker, `${JSON.stringify({ round: round + 1, played: true })}\n`);
}

async function agree(context: Context, http: HttpApi, order: Omit<MoneyOrder, 'key'>): Promise<void> {
  const approver = await context.approver(http.url);
  const made = await moveMoney(http, approver, { ...order, key: crypto.randomUUID() });
  mustBe(made.status === 'done', 'what the first client proposes, the second approves');
}

/** Money is made; two cards and two phones come to life. */
async function prepare(context: Context, http: HttpApi, round: number): Promise<Play> {
  const stage = new Stage(context);
  context.say('');
  context.say(
    '  Every tap below really happens: APDUs to card files, HTTP to the back-end that has just started.',
  );
  context.say(
    context.style.dim('  A tap costs: exchanges, bytes to the card + bytes back, and the time it took here.'),
  );
  stage.scene(`${money(ISSUED)} are issued`);
  const account = await http.createAccount(round === 1 ? 'Story' : `Story ${round}`);
  await agree(context, http, { kind: 'issue', account: account.id, amount: ISSUED });
  stage.good('one client proposes, another approves');
  stage.good(`on the account ${account.name}, in the ledger of the central bank`);

  stage.scene('Two cards and two phones come to life');
  const name = (n: string) => (round === 1 ? n : `${n}${round}`);
  const order = { account: account.id, pin: PIN, root: await pinTrust(context, await http.pki()) };
  const born = async (kind: Kind, n: string): Promise<Born> => {
    const chip = await http.chip();
    const place = await makeBlank(context, kind, name(n), async () => chip);
    const costs: TapCost[] = [];
    const wish = { ...order, ...USUAL[kind], place, serial: chip.diversification };
    await persoFlow(context, http, wish, { onCost: (c) => void costs.push(c) });
    return { place, costs };
  };
  // Beside each other: an RSA key is made for each.
  const [aiko, ben, chie, dan] = await Promise.all([
    born('card', 'aiko'),
    born('card', 'ben'),
    born('phone', 'chie'),
    born('phone', 'dan'),
  ]);
  for (const { place, costs } of [aiko, ben, chie, dan]) {
    for (const cost of costs) stage.tap(`${place.kind} ${place.name}`, cost, 'personalised and active');
  }
  const cast = { aiko: aiko.place, ben: ben.place, chie: chie.place, dan: dan.place };
  const network = { online: true };
  return { context, stage, cast, http, api: over(network, http), network, account: account.id };
}

async function fundAll({ context, stage, cast, api, account }: Play): Promise<void> {
  stage.scene('Money goes onto them');
  const { aiko, ben, chie, dan } = cast;
  for (const [place, amount] of [
    [aiko, ON_CARDS],
    [ben, ON_CARDS],
    [chie, ON_PHONES],
    [dan, ON_PHONES],
  ] as const) {
    const onCost = (c: TapCost) => stage.tap(`${place.kind} ${place.name}`, c, `+ ${money(amount)}`);
    await fundFlow(context, api, { place, account, amount }, { onCost });
  }
}

/** Network off, and card to phone to card. */
async function carried(play: Play): Promise<void> {
  const { context, stage, cast, network, api } = play;
  const { aiko, ben, chie } = cast;
  stage.scene('The network goes off');
  network.online = false;
  await mustBeRefused(() => api.challenge());
  stage.bad('The back-end cannot be reached. All that follows happens without it.');

  stage.scene(`Card to phone to card: ${aiko.name} pays ${ben.name} 3,000 over ${chie.name}'s phone`);
  const amount = 3_000n;
  const on = (what: string, card: Place) => ({
    onCost: (c: TapCost) => stage.tap(`${card.name}'s card on ${chie.name}`, c, what),
  });
  await ticketFlow(context, { phone: chie, card: ben, maxAmount: 10_000n }, on('gives a ticket', ben));
  const wish = { phone: chie, card: aiko, payee: ben, amount };
  await collectFlow(context, wish, on(`pays ${money(amount)}`, aiko));
  const done = await tapOnPhone(context, { phone: chie, card: ben }, on('is credited', ben));
  mustBe(done.delivered[0]?.fields.outcome === 'credited', `${ben.name} is credited`);
  await tapOnPhone(context, { phone: chie, card: aiko }, on('takes its receipt', aiko));
  stage.good(`${ben.name} has the money, and it is final.`);
  await showBalances(play);
}

async function phoneToPhone(play: Play): Promise<void> {
  const { chie, dan } = play.cast;
  play.stage.scene(`Phone to phone in one tap: ${chie.name} pays ${dan.name} 5,000`);
  await direct(play, chie, dan, 5_000n);
  await showBalances(play);
}

async function spendOn(play: Play): Promise<void> {
  const { ben, dan } = play.cast;
  const { stage } = play;
  stage.scene(`The receiver spends on at once: ${dan.name} pays ${ben.name}'s card 16,000`);
  stage.says(`More than ${dan.name} was funded with: part of it came a moment ago. It needs the PIN.`);
  await direct(play, dan, ben, 16_000n, { pin: PIN });
  await showBalances(play);
}

/** The same payment, torn twice and then healed. */
async function tornAndHealed(play: Play): Promise<void> {
  const { ben, chie } = play.cast;
  const { stage, context } = play;
  const amount = 2_000n;
  stage.scene(`A torn tap, healed by tapping again: ${ben.name}'s card pays ${chie.name} 2,000`);
  const before = await balanceOf(context, ben);
  await torn(play, ben, chie, amount, { when: 'during', exchange: 2 }, 'torn while it writes');
  mustBe((await balanceOf(context, ben)) === before, 'half a write debits nothing');
  await torn(play, ben, chie, amount, { when: 'after', exchange: 3 }, 'torn before it answered');
  const debited = await balanceOf(context, ben);
  mustBe(before !== undefined && debited === before - amount, 'the card has debited');
  stage.says(`The card has debited ${money(amount)}, and the phone does not know.`);
  const done = await direct(play, ben, chie, amount);
  mustBe(done.paid === 'before', 'the payment was made in the torn tap');
  mustBe((await balanceOf(context, ben)) === debited, 'and is debited once');
  stage.good('It had been paid in the torn tap. Debited once, credited once.');
  await showBalances(play);
}

async function torn(
  play: Play,
  from: Place,
  to: Place,
  amount: bigint,
  tear: Tear,
  what: string,
): Promise<void> {
  const { context, stage } = play;
  const onCost = (c: TapCost) => {
    if (c.who === from.name) stage.tap(`${from.name}'s card on ${to.name}`, c, what);
  };
  try {
    await payFlow(context, { from, to, amount, tear: { ...tear, side: 'payer' }, onCost });
  } catch (error) {
    if (!(error instanceof SokkinError) || error.code !== 'card_lost') throw error;
    stage.bad(TORN);
    return;
  }
  throw new SokkinError('story', 'the tap was to be torn, and was not');
}

/** A dishonest phone shows an old payment again, and to somebody else. */
async function replayed(play: Play): Promise<void> {
  const { context, stage, cast } = play;
  const { aiko, ben, dan } = cast;
  stage.scene(`A replay: a dishonest phone shows ${aiko.name}'s old payment again`);
  const verifier = await verifierOf(context);
  const payment = await lastPaymentTo(play, aiko, ben);
  const before = await balanceOf(context, ben);
  const onCost = (c: TapCost) => stage.tap(`${ben.name}'s card`, c, 'shown the payment again');
  await withTap(context, ben, { onCost }, async (tapped) => {
    const again = await deliver(tapped.transport, verifier, { payment });
    if (again.status !== 'ok') await refuse(again, tapped, { attempted: 'deliver' });
  });
  mustBe((await balanceOf(context, ben)) === before, 'nothing is credited twice');
  stage.good('It answers with the receipt of before, and credits nothing.');
  const refused = await mustBeRefused(() =>
    withTap(
      context,
      dan,
      { onCost: (c) => stage.tap(`${dan.name}'s phone`, c, 'shown it, too') },
      async (tapped) => {
        // An honest phone would not even ask: this one hands it straight to the purse.
        const met = await meet(tapped.transport, verifier);
        const other = met.status === 'ok' ? await deliverTo(met.value, verifier, { payment }) : met;
        if (other.status !== 'ok') await refuse(other, tapped, { attempted: 'receive' });
      },
    ),
  );
  stage.bad(`Refused: ${refused.message}`);
  await showBalances(play);
}

async function syncAll(play: Play): Promise<void> {
  const { context, stage, cast, api, network } = play;
  stage.scene('The network is back: everybody syncs, in any order');
  network.online = true;
  const { aiko, ben, chie, dan } = cast;
  for (const place of [dan, aiko, chie, ben]) {
    let cost: TapCost | undefined;
    const onCost = (c: TapCost) => {
      cost = c;
    };
    const phone = place.kind === 'card' ? chie : undefined;
    const done = await syncFlow(context, api, { place, phone }, { onCost });
    const what = `proves ${done.entriesSent} entries`;
    if (cost !== undefined) stage.tap(`${place.kind} ${place.name}`, cost, what);
  }
}

async function redeemed(play: Play): Promise<void> {
  const { context, stage, cast, api, http, account } = play;
  const { ben } = cast;
  const amount = 10_000n;
  stage.scene(`${ben.name} takes ${money(amount)} off the card, back to the account`);
  const onCost = (c: TapCost) => stage.tap(`card ${ben.name}`, c, `- ${money(amount)}`);
  const done = await redeemFlow(context, api, { place: ben, account, amount, pin: PIN }, { onCost });
  mustBe(done.receipt.fields.outcome === 'credited', 'the issuer credits the redemption');
  let cost: TapCost | undefined;
  const keep = (c: TapCost) => {
    cost = c;
  };
  await syncFlow(context, api, { place: ben, phone: undefined }, { onCost: keep });
  if (cost !== undefined) stage.tap(`card ${ben.name}`, cost, 'synced');
  await agree(context, http, { kind: 'destroy', account, amount });
  stage.good(`The bank hands ${money(amount)} back to the central bank: redeemed.`);
  await showBalances(play);
}

async function accounted({ context, stage, http }: Play): Promise<void> {
  stage.scene('To the last yen');
  const audit = await http.audit();
  for (const line of auditLines(context, audit)) stage.says(line);
  mustBe(audit.holds === true, 'the audit holds');
}

async function direct(
  { context, stage }: Play,
  from: Place,
  to: Place,
  amount: bigint,
  options: { pin?: string } = {},
) {
  const costs: TapCost[] = [];
  const onCost = (c: TapCost) => {
    costs.push(c);
  };
  const done = await payFlow(context, { from, to, amount, ...options, onCost });
  for (const [i, c] of costs.entries()) {
    const place = c.who === from.name ? from : to;
    const what = place === from ? `pays ${money(amount)}` : `receives ${money(amount)}`;
    stage.tap(`${place.kind} ${place.name}`, c, what, i === 0 ? 'new' : 'same');
  }
  mustBe(done.outcome === 'credited', `${to.name} is credited`);
  return done;
}

/** What the dishonest phone kept: the payment as the payer's card signed it, fetched again from the evidence. */
async function lastPaymentTo({ context }: Play, from: Place, to: Place): Promise<CarriedPayment> {
  const found = await evidenceBetween(context, from, to);
  assert(found !== undefined, 'the payment was made in an earlier scene');
  return found.payment;
}

async function showBalances({ context, stage, cast }: Play): Promise<void> {
  const rows: (readonly [string, bigint])[] = [];
  for (const place of [cast.aiko, cast.ben, cast.chie, cast.dan])
    rows.push([place.name, (await balanceOf(context, place)) ?? 0n]);
  stage.balances(rows);
}

async function mustBeRefused(call: () => Promise<unknown>): Promise<SokkinError> {
  try {
    await call();
  } catch (error) {
    if (error instanceof SokkinError) return error;
    throw error;
  }
  throw new SokkinError('story', 'something was to be refused, and was not');
}

function mustBe(condition: boolean, what: string): void {
  if (!condition) throw new SokkinError('story', `this did not come true: ${what}.`);
}
