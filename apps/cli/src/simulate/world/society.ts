/**
 * Who lives on paper: people in households and regions, their friends, and the shops they go to.
 *
 * What must hold: it is drawn from the seed's own streams before anything happens, and never changes; friends and shops
 * are people's places, so they outlast a purse that is lost.
 */
import type { Certificate } from '@sokkin/crypto';
import type { PurseState } from '@sokkin/purse';
import type { Seen } from '../network/signed.ts';
import type { Scenario } from '../scenario.ts';
import type { Stream, Streams } from './random.ts';

/** One secure element; a copy of it has the same id. */
export interface Purse {
  readonly id: string;
  readonly certificate: Certificate;
  state: PurseState;
}

export interface Person {
  readonly number: number;
  readonly isShop: boolean;
  readonly region: number;
  /** Mean seconds between two payments; shops make none. */
  readonly gap: number;
  readonly friends: readonly number[];
  /** Mean seconds between two meetings with the network; undefined: only when it is needed. */
  readonly habit: number | undefined;
  handsIn: boolean;
  readonly paying: Stream;
  readonly going: Stream;
  purse: Purse;
  /** Signed Payments that were not handed in yet. */
  seen: Seen[];
  /** The sync that is planned; older plans are void. */
  plan: number;
  /** Whose attack this person belongs to. */
  group: number | undefined;
  /** The element is broken: the person no longer behaves as others do. */
  isBroken: boolean;
}

export const DAY = 86_400;
export const HOUR = 3_600;

export class Society {
  readonly people: readonly Person[];
  /** Of each region, most popular first. */
  readonly #shops: readonly (readonly number[])[];
  /** Sums of the shops' weights, region by region. */
  readonly #weights: readonly (readonly number[])[];
  readonly #local: number;
  readonly #toShops: number;

  constructor(s: Scenario, streams: Streams, birth: (number: number, isShop: boolean) => Purse) {
    const draw = streams.of('society');
    const count = Math.round(s.purses * s.people.share);
    const regions = Array.from({ length: s.purses }, (_, n) =>
      n < count ? Math.floor((n * s.places.regions) / count) : (n - count) % s.places.regions,
    );
    const habits = s.sync_habits[s.sync] ?? [];
    this.people = regions.map((region, number) => {
      const isShop = number >= count;
      return {
        number,
        isShop,
        region,
        gap: gapOf(s, draw),
        friends: isShop ? [] : friendsOf(s, number, count, draw),
        habit: isShop ? DAY : habitOf(habits, draw),
        handsIn: draw.chance(s.people.hand_in),
        paying: streams.of('paying', number),
        going: streams.of('going', number),
        purse: birth(number, isShop),
        seen: [],
        plan: 0,
        group: undefined,
        isBroken: false,
      };
    });
    this.#shops = Array.from({ length: s.places.regions }, (_, region) =>
      this.people.filter((p) => p.isShop && p.region === region).map((p) => p.number),
    );
    this.#weights = this.#shops.map((shops) => cumulated(shops, s.places.popularity));
    this.#local = s.places.local;
    this.#toShops = s.people.to_shops;
  }

  at(number: number): Person {
    const person = this.people[number];
    if (person === undefined) throw new Error(`Bug: there is no person ${number}`);
    return person;
  }

  /** Whom a person pays next. */
  payeeOf(payer: Person, draw: Stream): Person {
    const isShop = draw.chance(this.#toShops);
    const isLocal = draw.chance(this.#local);
    const pick = draw.unit();
    if (isShop) {
      const region = isLocal ? payer.region : draw.below(this.#shops.length);
      const shop = this.#shopAt(region, pick);
      if (shop !== undefined) return this.at(shop);
    }
    return this.at(payer.friends[Math.floor(pick * payer.friends.length)] ?? payer.number);
  }

  #shopAt(region: number, pick: number): number | undefined {
    const sums = this.#weights[region] ?? [];
    const wanted = pick * (sums.at(-1) ?? 0);
    let [low, high] = [0, sums.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return this.#shops[region]?.[low];
  }
}

/** The mean over all people is what the scenario says, whatever the spread. */
function gapOf({ people }: Scenario, draw: Stream): number {
  const rate = draw.logNormal({ median: people.payments_per_day, spread: people.spread });
  return DAY / (rate * Math.exp(-(people.spread ** 2) / 2));
}

function habitOf(habits: Scenario['sync_habits'][string], draw: Stream): number | undefined {
  let left = draw.unit();
  for (const { share, every_days } of habits) {
    if (left < share) return every_days === null ? undefined : every_days * DAY;
    left -= share;
  }
  return undefined;
}

/** The household first (numbers beside one's own), then people of the region, then anybody. */
function friendsOf(s: Scenario, number: number, count: number, draw: Stream): number[] {
  const friends = new Set<number>();
  const perHousehold = Math.max(1, Math.round(s.people.household));
  const first = number - (number % perHousehold);
  for (let n = first; n < Math.min(first + perHousehold, count); n++) if (n !== number) friends.add(n);
  const perRegion = Math.max(1, Math.floor(count / s.places.regions));
  const regionBegin = Math.min(count - perRegion, number - (number % perRegion));
  for (let tries = 0; friends.size < s.people.friends && tries < 4 * s.people.friends; tries++) {
    const isLocal = draw.chance(s.places.local);
    const friend = isLocal ? regionBegin + draw.below(perRegion) : draw.below(count);
    if (friend !== number) friends.add(friend);
  }
  return [...friends];
}

function cumulated(shops: readonly number[], popularity: number): number[] {
  let sum = 0;
  return shops.map((_, rank) => {
    sum += (rank + 1) ** -popularity;
    return sum;
  });
}
