/**
 * What settlement does by itself: days end at their minute, what was cut is settled, what journals denied is covered, what nobody
 * presented goes back.
 *
 * What must hold: any number of processes may do it at once; one acquirer that fails keeps back no other.
 */
import type { SettlementCalendar } from '@sokkin/issuer';
import { SYSTEM } from '../../access/audit-log.ts';
import type { Backend } from '../../backend.ts';
import { type Habit, habit } from '../../operations/habit.ts';
import { lapseAll } from '../clearing/lapse.ts';
import { coverAll } from '../clearing/loss.ts';
import { calendarNow, cutOver, dateOf, settleDays } from './days.ts';

const PAGE = 100;
const MS_PER_DAY = 86_400_000;
const MS_PER_MINUTE = 60_000;

/** The last time at which this minute of the day was. */
export function lastCutOver(minute: number, now: Date): Date {
  const today = Date.parse(`${dateOf(now)}T00:00:00Z`) + minute * MS_PER_MINUTE;
  return new Date(today <= now.getTime() ? today : today - MS_PER_DAY);
}

const isDue = ({ cutOverMinute, openedAt }: SettlementCalendar, now: Date): boolean =>
  cutOverMinute !== undefined && openedAt < lastCutOver(cutOverMinute, now);

export async function workOnSettlement(b: Backend, say: (line: string) => void): Promise<void> {
  let after = '';
  for (;;) {
    const page = await b.store.read((tx) => tx.settlement.calendars(after, PAGE));
    for (const calendar of page) {
      after = calendar.acquirer;
      await workOn(b, calendar).catch((error: unknown) => {
        say(
          `The day of ${calendar.acquirer} could not be closed: ${error instanceof Error ? error.message : String(error)}`,
        );
      });
    }
    if (page.length < PAGE) break;
  }
  await coverAll(b);
  await lapseAll(b);
}

async function workOn(b: Backend, { acquirer, ...calendar }: SettlementCalendar): Promise<void> {
  if (isDue({ acquirer, ...calendar }, b.clock()))
    await b.store.write(async (tx) => {
      // Another process may have been faster.
      const now = await calendarNow(b, tx, acquirer);
      if (isDue(now, b.clock())) await cutOver(b, tx, SYSTEM, { acquirer, key: `time/${now.day}` });
    });
  await settleDays(b, acquirer);
}

export const settlementHabit = (b: Backend, seconds: number, say: (line: string) => void): Habit =>
  habit({ seconds, name: 'Settlement', say }, () => workOnSettlement(b, say));
