/** What every move is played on: the rig, the parties, the terminal's sales, and what the issuer paid in. */
import type { Certificate } from '@sokkin/crypto';
import type { World } from '../world.ts';
import type { Rig } from './rig.ts';
import type { Situation } from './situation.ts';
import type { Sale } from './tap.ts';

export interface Table {
  readonly rig: Rig;
  readonly world: World;
  readonly certificates: readonly Certificate[];
  /** What the shop's terminal has to sell, in all situations the same. */
  readonly sales: readonly Sale[];
  /** What the issuer paid in, minor units. */
  readonly paidIn: bigint;
}

export interface Played {
  readonly situation: Situation;
  readonly outcome: string;
}
