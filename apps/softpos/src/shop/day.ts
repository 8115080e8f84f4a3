/**
 * Closing the day: totals of this device are kept, and those of cards are compared with the acquirer's (0500).
 *
 * What must hold: nothing waits and nothing is unfinished when a day is closed, so every sale is in exactly one day; until the acquirer has
 * answered, the day goes on.
 */
import { isTornRefund, totalsOf } from '@sokkin/sdk/acceptance';
import { getAbout, STRICT } from '../keep/database.ts';
import { no, okWith } from './done.ts';
import type { Engine } from './engine.ts';
import type { ClosedDay, Done } from './view.ts';

export async function closeDay(engine: Engine): Promise<Done<ClosedDay>> {
  const { database, showing, clock } = engine.parts;
  const { acquirer, acceptance, selling, store } = engine.opened.terminal;
  if (selling.isBusy() || showing.now().sale !== undefined)
    return no('sale_running', 'A sale is on the sheet: finish it first.');
  await acceptance.full.resume();
  const { count } = await engine.habits.flush();
  if (count > 0) return no('queue_waits', `${count} items have not reached the back-end: send them first.`);
  const until = clock();
  const from = (await getAbout(database, 'dayFrom')) ?? 0;
  const records = await store.sales(from, until);
  // A refund that was cut off waits for its payer, who may never come: it counts in the day in which it is paid.
  const ended = records.filter((record) => !isTornRefund(record));
  const totals = totalsOf(ended);
  if (totals.unfinished > 0) return no('queue_waits', `${totals.unfinished} sales are not finished yet.`);
  const closed = await acquirer.close();
  if (closed === undefined)
    return no('backend_unreachable', 'The acquirer does not answer. Nothing was closed.');
  const { code, meaning, isBalanced } = closed;
  const by = showing.now().by?.name ?? '';
  const day: ClosedDay = {
    ...{ id: `day_${until}`, from, until, totals, by },
    acquirer: { code, meaning, isBalanced },
  };
  const transaction = database.transaction(['days', 'about'], 'readwrite', STRICT);
  await Promise.all([
    transaction.objectStore('days').put(day),
    transaction.objectStore('about').put(until, 'dayFrom'),
    transaction.done,
  ]);
  await engine.habits.refresh();
  return okWith(day);
}
