/**
 * One tap from the command line: power up the file, listen in, count, and say what it cost.
 *
 * What must hold: the file is closed again whatever happens; a refusal is told with the figures of the purse that
 * refused, read in the same tap.
 */
import { SokkinError } from '@sokkin/codec';
import type { Certificate } from '@sokkin/crypto';
import { type CounterpartyClass, classOf } from '@sokkin/purse';
import {
  type ApduTransport,
  type Attempted,
  createTracer,
  type Failure,
  gatherFigures,
  type Listener,
  type Meter,
  meterListener,
  newMeter,
  overheard,
  type Tracer,
  tell,
  traceLines,
} from '@sokkin/terminal';
import { nameIn, type Place } from '../data/places.ts';
import { type Tear, tapPurseFile } from '../data/purse-file.ts';
import { isOnReader, tapReader } from '../data/reader-card.ts';
import type { Context } from '../io/context.ts';

/** What one tap, or one side of it, cost. */
export interface TapCost extends Meter {
  readonly who: string;
  readonly milliseconds: number;
}

export interface Tapped {
  readonly place: Place;
  readonly transport: ApduTransport;
}

export interface TapOptions {
  readonly tear?: Tear | undefined;
  readonly extended?: boolean | undefined;
  /** Hears the cost when the tap is over, torn or not. */
  readonly onCost?: ((cost: TapCost) => void) | undefined;
}

export async function withTap<T>(
  context: Context,
  place: Place,
  options: TapOptions,
  run: (tapped: Tapped) => Promise<T>,
): Promise<T> {
  const meter = newMeter();
  const { tear, extended = true } = options;
  const file = isOnReader(place.name)
    ? await tapReader(context, place.name, { tear, extended })
    : await tapPurseFile(context, place.purse, { tear, extended, isPhone: place.kind === 'phone' });
  const begun = performance.now();
  try {
    let transport = overheard(file, meterListener(meter));
    if (context.trace) transport = overheard(transport, tracing(context, place));
    return await run({ place, transport });
  } finally {
    const milliseconds = performance.now() - begun;
    await file.close();
    options.onCost?.({ ...meter, who: place.name, milliseconds });
  }
}

function tracing(context: Context, place: Place): Listener {
  const tracer: Tracer = createTracer();
  return {
    received(command, response) {
      const lines = traceLines(tracer.exchange(command, response));
      for (const line of [`-- ${place.kind} ${place.name}`, ...lines]) context.say(context.style.dim(line));
    },
  };
}

/** An expected refusal, in words. */
export class Refused extends SokkinError {}

/** Throws the refusal as a sentence with figures. Ask while the card is still there. */
export async function refuse(
  failure: Failure,
  { place, transport }: Tapped,
  scene: { attempted: Attempted; amount?: bigint; payee?: Certificate | undefined },
): Promise<never> {
  const figures = await gatherFigures(transport);
  const { attempted, amount, payee } = scene;
  const payeeClass: CounterpartyClass | undefined =
    payee === undefined ? undefined : classOf(payee.assurance);
  throw new Refused(
    failure.status,
    tell(failure, { attempted, purse: nameIn(place), amount, payeeClass, figures }),
  );
}
