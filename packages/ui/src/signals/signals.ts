/**
 * What is heard and felt. Tones as EMV Contactless Book A describes them for terminals (success: 1500 Hz for 500 ms; alert: 750 Hz, 200 ms on, 200 ms off, 200 ms on).
 *
 * What must hold: a signal never fails the act that it tells of: without sound or vibration there is the screen, which says everything.
 */
export type Signal = 'success' | 'alert' | 'tick';

interface Tone {
  readonly hertz: number;
  /** Milliseconds from the beginning. */
  readonly from: number;
  readonly to: number;
}
export const TONES: Readonly<Record<Signal, readonly Tone[]>> = {
  success: [{ hertz: 1500, from: 0, to: 500 }],
  alert: [
    { hertz: 750, from: 0, to: 200 },
    { hertz: 750, from: 400, to: 600 },
  ],
  tick: [{ hertz: 1000, from: 0, to: 25 }],
};
export const VIBRATIONS: Readonly<Record<Signal, readonly number[]>> = {
  success: [220],
  alert: [120, 120, 120],
  tick: [15],
};

const VOLUME = 0.25;
/** So that a tone does not begin and end with a crack. */
const RAMP_SECONDS = 0.008;

/** Left out: both. */
export interface By {
  readonly sound?: boolean;
  readonly vibration?: boolean;
}

export interface Signals {
  give(signal: Signal, by?: By): void;
  /** Browsers let a page sound only after its user has touched it: call it then. */
  arm(): void;
}

/** `Audio`: as the browser has it; absent: silence. */
export function signals(Audio: (new () => AudioContext) | undefined = globalThis.AudioContext): Signals {
  let context: AudioContext | undefined;
  const arm = () => {
    if (Audio === undefined) return;
    try {
      context ??= new Audio();
      if (context.state === 'suspended') context.resume().catch(() => undefined);
    } catch {
      context = undefined;
    }
  };
  return {
    arm,
    give(signal, { sound: isHeard = true, vibration: isFelt = true } = {}) {
      if (isHeard) arm();
      if (isHeard && context !== undefined) for (const tone of TONES[signal]) sound(context, tone);
      if (isFelt) globalThis.navigator?.vibrate?.([...VIBRATIONS[signal]]);
    },
  };
}

function sound(context: AudioContext, { hertz, from, to }: Tone): void {
  const [start, end] = [context.currentTime + from / 1000, context.currentTime + to / 1000];
  const [wave, gain] = [context.createOscillator(), context.createGain()];
  wave.frequency.value = hertz;
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(VOLUME, start + RAMP_SECONDS);
  gain.gain.setValueAtTime(VOLUME, Math.max(start + RAMP_SECONDS, end - RAMP_SECONDS));
  gain.gain.linearRampToValueAtTime(0, end);
  wave.connect(gain).connect(context.destination);
  wave.start(start);
  wave.stop(end);
}
