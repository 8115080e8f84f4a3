/** A terminal that is switched on: settings, till, line; and switched off again, whatever happens. */
import type { IsoProfile } from '@sokkin/codec';
import { Till } from '@sokkin/terminal';
import type { Context } from '../io/context.ts';
import { openLine, type PosLine } from './line.ts';
import { stampTime } from './read-card.ts';
import type { Paper } from './receipt.ts';
import { findPos, type PosPlace, type PosSettings, profileOf, readSettings } from './settings.ts';
import { openPosStore, type PosStore } from './store.ts';

export interface Pos {
  readonly place: PosPlace;
  readonly settings: PosSettings;
  readonly profile: IsoProfile;
  readonly store: PosStore;
  readonly line: PosLine;
  readonly till: Till;
  readonly paper: Paper;
}

export async function withPos<T>(
  context: Context,
  name: string | undefined,
  run: (pos: Pos) => Promise<T>,
): Promise<T> {
  const place = await findPos(context, name);
  const settings = await readSettings(place);
  const profile = await profileOf(settings.profile);
  const store = await openPosStore(place, profile);
  try {
    const line = await openLine(settings, profile);
    try {
      const { terminal, merchant, category, acquirer, language, columns, shop } = settings;
      const till = new Till(
        { profile, shop: { terminal, merchant, category, currency: '392', acquirer } },
        { ask: line.ask, save: store.save, now: stampTime },
        store.state,
      );
      const paper: Paper = { language, columns, shop, terminal, merchant };
      return await run({ place, settings, profile, store, line, till, paper });
    } finally {
      line.close();
    }
  } finally {
    await store.close();
  }
}
