/**
 * A stage on which purses meet, that writes down every exchange.
 *
 * What must hold: a script plays the same whether long commands are chained or go in extended length, so it is
 * played twice and both forms are recorded beside each other (`record`). Nothing is written by hand: what
 * stands in a vector is what the card engine answered.
 */

import {
  type Build,
  type Card,
  type CardStore,
  cardMemorySize,
  cardOver,
  createStore,
  type EmvPorts,
  type FactoryKeys,
  factorySection,
  inMemoryNvm,
  type MemoryNvm,
  openStore,
} from '@sokkin/card';
import {
  amountBytes,
  type Bytes,
  chain,
  command,
  concat,
  decodeResponse,
  decodeTlvs,
  describeSw,
  encodeCommand,
  epochOfIso,
  fromHex,
  hex,
  SW,
  u32,
} from '@sokkin/codec';
import { sha256 } from '@sokkin/crypto';
import {
  CARD_PROFILE,
  CLA,
  encodeEntry,
  encodeGrant,
  type Grant,
  headAfter,
  INS,
  type Instruction,
  type Limits,
  type NewEntry,
  OBJECT,
  object,
  type Profile,
  PURSE_AID,
  type PurseState,
  parseEntry,
  parsePayment,
  parseStatement,
  parseTicket,
  pinBlock,
  STATUS,
  statusOfSw,
} from '@sokkin/purse';
import { authorityOf, cryptoOf, everybody, issuerPurseOf, type Person, root, sign, YEN } from './people.ts';
import {
  type After,
  type Json,
  type ShownMessage,
  showAnswer,
  showBody,
  showFactory,
  showMessage,
  showPerson,
  showState,
} from './show.ts';

export const PIN = '1234';
export const NONCE = fromHex('000102030405060708090a0b0c0d0e0f');
/** For a second Statement. */
export const OTHER_NONCE = fromHex('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff');
export const TODAY = epochOfIso('2026-11-22');

/** Minor units; for setting up a purse. */
export const LIMITS: Limits = {
  holding: 100_000n,
  count: 50,
  perPaymentWithoutPin: 5_000n,
  cumulativeWithoutPin: 15_000n,
  byClass: [
    { perPayment: 30_000n, cumulative: 100_000n },
    { perPayment: 20_000n, cumulative: 60_000n },
    { perPayment: 10_000n, cumulative: 30_000n },
  ],
};

export interface Exchange {
  readonly command: string;
  readonly response: string;
}

/** One thing that one participant does. */
export interface Step {
  readonly who: string;
  /** Which application answers, if it is not the purse. */
  readonly application?: 'security domain' | 'payment application';
  readonly does: string;
  /** Power off and on before the exchanges: whatever is volatile is gone. */
  readonly powerCycle?: true;
  /** The purse is from here on a copy of that one, memory and key. */
  readonly copyOf?: string;
  /** The last answer never reaches the reader. */
  readonly answerLost?: true;
  readonly short?: readonly Exchange[];
  /** Only where the short form needs more than one exchange. */
  readonly extended?: readonly Exchange[];
  readonly sw?: string;
  readonly status?: string;
  readonly says?: string;
  readonly answer?: readonly Json[];
  /** What the card drew of its random numbers, in order. */
  readonly random?: readonly string[];
  /** Under secure messaging: what command and response say. */
  readonly plain?: Exchange;
  /** What both sides compute on the way. */
  readonly values?: { readonly [name: string]: Json };
  /** What another application wrote into the purse's journal. */
  readonly entry?: ShownMessage;
  /** Made without a card: by a back-end, or by somebody dishonest. */
  readonly signs?: ShownMessage;
  readonly verdict?: Json;
  readonly after?: After;
}

export interface Answer {
  readonly sw: number;
  readonly data: Bytes;
}

type Form = 'short' | 'extended';

/** Commands that answer with data, and so carry Le. */
const ANSWERING: readonly Instruction[] = [
  'select',
  'generateKey',
  'getData',
  'issueTicket',
  'pay',
  'reissue',
  'credit',
  'cancel',
  'statement',
  'readJournal',
];

/** What there is to say of an answer that is not the purse's. */
export type Explained = Pick<Step, 'application' | 'random' | 'plain' | 'values'>;

export interface Options {
  readonly p1p2?: number;
  readonly powerCycle?: true;
  /** The answer is lost on its way, or the card leaves after the first command of a chain. */
  readonly lost?: 'answer' | 'rest of the command';
  /** For commands to the other applications of the card. */
  readonly explain?: (answer: Answer) => Explained;
}

/** What a card is made with, so that it has a payment application, and a security domain to personalise it. */
export interface Made {
  readonly emv: EmvPorts;
  readonly factory: FactoryKeys;
}

export const ticketObject = (message: Bytes): Bytes => object('ticket', message);
export const amount = (n: bigint): Bytes => object('amount', amountBytes(n));
export const number = (n: number): Bytes => object('number', u32(n));
export const certificateOf = (p: Person): Bytes => object('purse', p.certificate.bytes);
/** The certificates that show a purse to another one: the issuer's too, if it is not the other's own. */
export const chainFor = (shown: Person, to: Person): Bytes =>
  shown.issuer === undefined || shown.issuer === to.issuer
    ? certificateOf(shown)
    : concat(object('issuer', shown.issuer.certificate.bytes), certificateOf(shown));

/** What the purse says, in its own words. */
function said({ sw, data }: Answer, { lost }: Options): Pick<Step, 'status' | 'says' | 'answer'> {
  const status = statusOfSw(sw);
  return {
    ...(status === undefined ? {} : { status }),
    says: status === undefined ? describeSw(sw) : STATUS[status].says,
    ...(lost || data.length === 0 ? {} : { answer: showAnswer(data) }),
  };
}

/** A purse on the stage, behind APDUs. */
export class Purse {
  readonly #world: World;
  #nvm: MemoryNvm;
  #store: CardStore;
  #card: Card;

  constructor(
    world: World,
    readonly name: string,
    readonly person: Person,
    readonly profile: Profile,
    nvm: MemoryNvm,
    store: CardStore,
    readonly made?: Made,
  ) {
    this.#world = world;
    this.#nvm = nvm;
    this.#store = store;
    this.#card = cardOver(store, this.#build);
  }

  get #build(): Build {
    const crypto = cryptoOf(this.person.scalar);
    return this.made === undefined ? { crypto } : { crypto, emv: this.made.emv };
  }

  get state(): PurseState {
    return this.#store.state;
  }

  async #powerCycle(): Promise<void> {
    const store = await openStore(this.#nvm);
    if (store === undefined) throw new Error('the card was never finished');
    this.#store = store;
    this.#card = cardOver(store, this.#build);
  }

  /** A second purse with the same memory and key, as an attacker would make it. */
  async copy(name: string): Promise<Purse> {
    const nvm = inMemoryNvm(this.#nvm.size);
    nvm.restore(this.#nvm.snapshot());
    const store = await openStore(nvm);
    if (store === undefined) throw new Error('the card was never finished');
    const clone = new Purse(this.#world, name, this.person, this.profile, nvm, store);
    this.#world.add(clone);
    this.#world.note({
      who: name,
      does: `is made as a copy of the ${this.name}`,
      copyOf: this.name,
      after: showState(store.state),
    });
    return clone;
  }

  /** Sends one command in the form of this performance, and records it. */
  async send(does: string, name: Instruction, data?: Bytes, options: Options = {}): Promise<Answer> {
    const interindustry = name === 'select' || name === 'verify' || name === 'changeReferenceData';
    const cla = interindustry ? CLA.interindustry : CLA.purse;
    const p1p2 = options.p1p2 ?? 0;
    const extended = this.#world.form === 'extended';
    const ne = !ANSWERING.includes(name) ? undefined : name === 'readJournal' && extended ? 0x1_0000 : 0x100;
    const whole = command(cla, INS[name], p1p2 >> 8, p1p2 & 0xff, data, ne);
    const pieces = extended ? [whole] : chain(whole);
    const raw = pieces.map((c) => encodeCommand(c));
    const cut = options.lost === 'rest of the command';
    return this.raw(does, cut ? raw.slice(0, extended ? 0 : 1) : raw, options);
  }

  /** Sends bytes as they are, and fetches what GET RESPONSE has. */
  async raw(does: string, commands: readonly Bytes[], options: Options = {}): Promise<Answer> {
    if (options.powerCycle) await this.#powerCycle();
    const exchanges: Exchange[] = [];
    const before = this.state.seq;
    let answer: Answer = { sw: SW.ok, data: new Uint8Array(0) };
    const transmit = async (bytes: Bytes): Promise<void> => {
      const response = await this.#card.transmit(bytes);
      exchanges.push({ command: hex(bytes), response: hex(response) });
      const { sw, data } = decodeResponse(response);
      answer = { sw, data: concat(answer.data, data) };
    };
    for (const bytes of commands) {
      await transmit(bytes);
      if (answer.sw !== SW.ok) break;
    }
    while ((answer.sw & 0xff00) === SW.moreData) {
      await transmit(
        encodeCommand(command(0x00, INS.getResponse, 0, 0, undefined, answer.sw & 0xff || 0x100)),
      );
    }
    this.#world.note({
      who: this.name,
      does,
      ...(options.powerCycle ? { powerCycle: true } : {}),
      ...(options.lost === 'answer' ? { answerLost: true } : {}),
      short: exchanges,
      sw: answer.sw.toString(16).toUpperCase(),
      ...(options.explain === undefined
        ? said(answer, options)
        : { says: describeSw(answer.sw), ...options.explain(answer), ...this.#written(before) }),
      after: showState(this.state),
    });
    return answer;
  }

  /** The entry that is new since that number. */
  #written(before: number): Pick<Step, 'entry'> {
    const { seq, cells } = this.state;
    const newest = cells.find((cell) => cell?.entry.fields.seq === seq);
    return seq === before || newest === undefined ? {} : { entry: showBody(newest.body) };
  }

  /** The card enters a reader's field: power, then SELECT. */
  tap = (): Promise<Answer> =>
    this.send('enters the field: SELECT', 'select', PURSE_AID, { p1p2: 0x0400, powerCycle: true });

  /** The one object that the answer must hold, without its tag and length. */
  async #message(does: string, name: Instruction, data: Bytes, options?: Options): Promise<Bytes> {
    const { sw, data: answer } = await this.send(does, name, data, options);
    if (sw !== SW.ok) throw new Error(`${this.name}, ${does}: ${describeSw(sw)}`);
    return answer.slice((answer[1] ?? 0) < 0x80 ? 2 : (answer[1] ?? 0) - 0x80 + 2);
  }

  ticket = (max: bigint, reference: string, options?: Options): Promise<Bytes> =>
    this.#message(
      `ISSUE TICKET: at most ${max}, reference "${reference}"`,
      'issueTicket',
      concat(amount(max), object('reference', new TextEncoder().encode(reference))),
      options,
    );

  payData = (payee: Person, ticket: Bytes, sum: bigint): Bytes =>
    concat(chainFor(payee, this.person), object('ticket', ticket), amount(sum));

  pay = (payee: Person, ticket: Bytes, sum: bigint, options?: Options): Promise<Bytes> =>
    this.#message(
      `PAY ${sum} on ticket ${parseTicket(ticket).fields.seq} of the ${payee.name}`,
      'pay',
      this.payData(payee, ticket, sum),
      options,
    );

  takeData = (payer: Person, payment: Bytes): Bytes =>
    concat(chainFor(payer, this.person), object('payment', payment));

  credit = (payer: Person, payment: Bytes, options?: Options): Promise<Bytes> =>
    this.#message(
      `CREDIT payment ${parsePayment(payment).fields.seq} of the ${payer.name}`,
      'credit',
      this.takeData(payer, payment),
      options,
    );

  cancel = (payer: Person, payment: Bytes, options?: Options): Promise<Bytes> =>
    this.#message(
      `CANCEL payment ${parsePayment(payment).fields.seq} of the ${payer.name}`,
      'cancel',
      this.takeData(payer, payment),
      options,
    );

  settle = (payee: Person, receipt: Bytes, options?: Options): Promise<Answer> =>
    this.send(
      `SETTLE with the word of the ${payee.name}`,
      'settle',
      concat(chainFor(payee, this.person), object('receipt', receipt)),
      options,
    );

  voidTicket = (ticket: Bytes): Promise<Answer> => {
    const no = parseTicket(ticket).fields.seq;
    return this.send(`VOID TICKET ${no}`, 'voidTicket', number(no));
  };

  verifyPin = (digits: string = PIN): Promise<Answer> =>
    this.send(`VERIFY, PIN ${digits}`, 'verify', pinBlock(digits), { p1p2: 0x0080 });

  statement = (nonce: Bytes = NONCE, options?: Options): Promise<Bytes> =>
    this.#message('STATEMENT', 'statement', object('nonce', nonce), options);

  getData = (tag: number, what: string): Promise<Answer> =>
    this.send(`GET DATA: ${what}`, 'getData', undefined, { p1p2: tag });

  /** All entries after a number, as often as it takes. */
  async journal(after: number): Promise<void> {
    const does = `READ JOURNAL after entry ${after}, until there is no more`;
    let from = after;
    let commands = 0;
    while (from < this.state.seq) {
      const { data } = await this.send(does, 'readJournal', number(from));
      const last = decodeTlvs(data, { repeatable: new Set([OBJECT.entry]) }).at(-1);
      if (last === undefined) break;
      from = parseEntry(last.value).fields.seq;
      commands += 1;
    }
    this.#world.joinLast(commands);
  }

  /** The authority's answer to where the purse stands now. */
  async grant(changes: Partial<Grant> = {}, what = 'GRANT'): Promise<Bytes> {
    const { state, person } = this;
    const by = authorityOf(person);
    const body = encodeGrant({
      authority: by.certificate.subjectRef,
      purse: person.certificate.subjectRef,
      grantNo: state.grantNo + 1,
      ackSeq: state.seq,
      ackHead: state.head,
      order: 'none',
      resetPinTries: false,
      epoch: TODAY,
      nonce: NONCE,
      limits: LIMITS,
      resolutions: [],
      blocked: [],
      ...changes,
    });
    return this.#world.sign(by, `signs a Grant for the ${this.name}: ${what}`, body);
  }

  applyGrant = (grant: Bytes, options?: Options): Promise<Answer> =>
    this.send(
      'APPLY GRANT',
      'applyGrant',
      concat(object('authority', authorityOf(this.person).certificate.bytes), object('grant', grant)),
      options,
    );

  /** Key and certificates: from blank to personalised. */
  async personalise(): Promise<void> {
    const { issuer, certificate } = this.person;
    await this.tap();
    await this.send('GENERATE KEY', 'generateKey', object('nonce', NONCE));
    await this.send(
      'STORE DATA: root, issuer and own certificate, PIN',
      'storeData',
      concat(
        object('root', root.certificate.bytes),
        object('issuer', (issuer ?? root).certificate.bytes),
        object('purse', certificate.bytes),
        object('pinBlock', pinBlock(PIN) ?? new Uint8Array(0)),
      ),
    );
  }

  async activate(limits: Limits = LIMITS): Promise<void> {
    parseStatement(await this.statement());
    await this.applyGrant(await this.grant({ order: 'activate', limits }, 'activate'));
  }

  /** Born, active, and funded by its issuer. */
  async born(funds: bigint, limits: Limits = LIMITS): Promise<void> {
    await this.personalise();
    await this.activate(limits);
    if (funds > 0n) await this.fund(funds);
  }

  async fund(funds: bigint): Promise<void> {
    const ticket = await this.ticket(funds, 'funding1');
    const from = this.#world.backEnd(issuerPurseOf(this.person));
    const payment = from.write(`signs a Payment of ${funds} to the ${this.name}`, {
      type: 'payment',
      fields: {
        currency: YEN,
        amount: funds,
        payee: this.person.certificate.subjectRef,
        ticketNo: parseTicket(ticket).fields.seq,
      },
    });
    await this.credit(from.person, payment);
  }
}

/** The issuer's purse in the back-end: the same journal and messages, without a card around it. */
export class BackEndPurse {
  #seq = 0;
  #head: Bytes = new Uint8Array(32);

  constructor(
    readonly world: World,
    readonly person: Person,
  ) {
    const { currency, bytes } = person.certificate;
    this.#append({ type: 'genesis', fields: { currency, certificateHash: sha256(bytes) } });
  }

  #append(entry: NewEntry): Bytes {
    const header = { purse: this.person.certificate.subjectRef, seq: this.#seq + 1, link: this.#head };
    const full = { type: entry.type, fields: { ...header, ...entry.fields } } as Parameters<
      typeof encodeEntry
    >[0];
    const body = encodeEntry(full);
    this.#seq += 1;
    this.#head = headAfter(body);
    return body;
  }

  write(does: string, entry: NewEntry): Bytes {
    return this.world.sign(this.person, does, this.#append(entry));
  }
}

export class World {
  readonly setup: Step[] = [];
  readonly steps: Step[] = [];
  readonly purses: Purse[] = [];
  readonly #backEnds = new Map<Person, BackEndPurse>();
  #inSetup = true;

  constructor(readonly form: Form) {}

  note(step: Step): void {
    (this.#inSetup ? this.setup : this.steps).push(step);
  }

  /** Makes one step of the last ones, which did one thing in several commands. */
  joinLast(count: number): void {
    const list = this.#inSetup ? this.setup : this.steps;
    const parts = list.splice(list.length - count, count);
    const last = parts.at(-1);
    if (last === undefined) return;
    list.push({
      ...last,
      short: parts.flatMap((s) => s.short ?? []),
      answer: parts.flatMap((s) => s.answer ?? []),
    });
  }

  /** What comes before is preparation; what comes after is what the file is about. */
  begin(): void {
    this.#inSetup = false;
  }

  add(purse: Purse): void {
    this.purses.push(purse);
  }

  /** A blank card. */
  async blank(
    person: Person,
    profile: Profile = CARD_PROFILE,
    name = person.name,
    made?: Made,
  ): Promise<Purse> {
    const nvm = inMemoryNvm(cardMemorySize(profile));
    const sections = made === undefined ? {} : { domain: factorySection(made.factory) };
    const store = await createStore(nvm, profile, sections);
    const purse = new Purse(this, name, person, profile, nvm, store, made);
    this.add(purse);
    return purse;
  }

  async born(person: Person, funds = 0n, profile: Profile = CARD_PROFILE): Promise<Purse> {
    const purse = await this.blank(person, profile);
    await purse.born(funds);
    return purse;
  }

  backEnd(person: Person): BackEndPurse {
    const known = this.#backEnds.get(person) ?? new BackEndPurse(this, person);
    this.#backEnds.set(person, known);
    return known;
  }

  /** A message that no card made. */
  sign(person: Person, does: string, body: Bytes): Bytes {
    const message = concat(body, sign(person.scalar, body));
    this.note({ who: person.name, does, signs: showMessage(message) });
    return message;
  }
}

export interface Script {
  readonly name: string;
  readonly description: string;
  /** Sections of docs/spec. */
  readonly spec: readonly string[];
  readonly play: (world: World) => Promise<void>;
  /** Further members of the file. */
  readonly extra?: (steps: readonly Step[]) => { readonly [name: string]: Json };
}

export interface Transcript {
  readonly description: string;
  readonly source: string;
  readonly spec: readonly string[];
  readonly participants: readonly Json[];
  readonly setup: readonly Step[];
  readonly steps: readonly Step[];
}

export const SOURCE =
  'Generated by `npm run vectors` (vectors/make.ts) from the card engine in packages/card; nothing is written by hand. ECDSA nonces by RFC 6979.';

/** Plays the script in both forms of APDUs and puts them beside each other. */
export async function record(script: Script): Promise<Transcript> {
  const [short, extended] = [new World('short'), new World('extended')];
  await script.play(short);
  await script.play(extended);
  const participants = short.purses.map(({ name, person, profile, made }) => ({
    ...showPerson(person),
    name,
    profile: { ...profile },
    ...(made === undefined ? {} : { factory: showFactory(made.factory) }),
  }));
  const signers = [...short.setup, ...short.steps].filter((s) => s.signs !== undefined).map((s) => s.who);
  const cards = short.purses.map((p) => p.name);
  const needed = new Set([root.name, ...signers, ...short.purses.map((p) => p.person.issuer?.name)]);
  const others = everybody.filter((p) => needed.has(p.name) && !cards.includes(p.name));
  return {
    description: script.description,
    source: SOURCE,
    spec: script.spec,
    ...script.extra?.(short.steps),
    participants: [...others.map(showPerson), ...participants],
    setup: beside(short.setup, extended.setup),
    steps: beside(short.steps, extended.steps),
  };
}

function beside(short: readonly Step[], extended: readonly Step[]): Step[] {
  const wide = [...extended];
  return short.map((step) => {
    const other = wide.shift();
    if (other?.who !== step.who || other.does !== step.does || other.after?.head !== step.after?.head) {
      throw new Error(`The two forms differ at "${step.who}: ${step.does}"`);
    }
    const { short: exchanges, ...rest } = step;
    if (exchanges === undefined) return step;
    const { who, application, does, powerCycle, copyOf, answerLost, ...result } = rest;
    return {
      who,
      ...(application ? { application } : {}),
      does,
      ...(powerCycle ? { powerCycle } : {}),
      ...(copyOf ? { copyOf } : {}),
      ...(answerLost ? { answerLost } : {}),
      short: exchanges,
      ...(exchanges.length > 1 && other.short !== undefined ? { extended: other.short } : {}),
      ...result,
    };
  });
}

/** The same as a text of APDUs, short form: what `sokkin trace` reads. */
export function apduScript({ description, setup, steps }: Transcript): string {
  const lines = [`# ${description}`];
  for (const [title, part] of [
    ['setup', setup],
    ['steps', steps],
  ] as const) {
    lines.push('', `# ---- ${title}`);
    for (const step of part) {
      if (step.short === undefined) continue;
      lines.push(`# ${step.who}: ${step.does}`);
      step.short.forEach(({ command: sent, response }, i, all) => {
        const lost = step.answerLost === true && i === all.length - 1;
        lines.push(`> ${sent}`, lost ? '< lost' : `< ${response}`);
      });
    }
  }
  return `${lines.join('\n')}\n`;
}
