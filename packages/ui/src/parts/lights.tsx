/** The four lights of a contactless reader (EMV Contactless Book A, section on the user interface). */
export const LIGHTS = ['off', 'idle', 'ready', 'reading', 'read', 'failed'] as const;
export type LightsState = (typeof LIGHTS)[number];

/** Which of the four are on: the first blinks while idle, is steady when ready; all four when the card is read. */
const ON: Readonly<Record<LightsState, number>> = {
  off: 0,
  idle: 1,
  ready: 1,
  reading: 3,
  read: 4,
  failed: 0,
};

/** A picture: what it shows is said beside it in words. */
export function Lights({ state }: { readonly state: LightsState }) {
  return (
    <span className="sk-lights" data-state={state} aria-hidden>
      {[1, 2, 3, 4].map((n) => (
        <span key={n} data-on={n <= ON[state] || undefined} />
      ))}
    </span>
  );
}
