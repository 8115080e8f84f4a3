/**
 * How large the devices are drawn, so that all of them are in view, and those that are at work can be read.
 *
 * What must hold: a device's own page always has the width of a phone; it is only drawn smaller, never larger; all of them stay in view.
 */
import { type RefObject, useEffect, useRef } from 'react';

/** Of a phone, in its own pixels: as tall as there is room, between an old one and a new one. */
const PHONE = { width: 360, shortest: 680, tallest: 880 };
/** Rim and caption; on a narrow screen the tab is its name. */
const BESIDE = { width: 16, height: 56, heightNarrow: 28 };
const GAP = 12;
/** At both ends, for the marks around devices. */
const MARGIN = 16;
/** Smaller, nothing could be read, or told from others. */
const LEAST = { near: 0.3, far: 0.36 };
/** Less is not worth that things move on the desk. */
const WORTH_IT = 1.1;
const NARROW = '(max-width: 63.99rem)';

/** `height`: for screens alone. */
interface Room {
  readonly width: number;
  readonly height: number;
}

interface Scales {
  readonly near: number;
  readonly far: number;
}

/** Beside each other, all equally large; or `near` of them as large as there is room, and the others behind. */
function scalesFor(room: Room, count: number, near: number): Scales {
  const wide = (room.width - MARGIN - GAP * (count - 1) - BESIDE.width * count) / PHONE.width;
  const most = Math.min(1, room.height / PHONE.shortest);
  const equal = Math.max(LEAST.near, Math.min(most, wide / count));
  const far = count - near;
  if (near === 0 || far === 0) return { near: equal, far: equal };
  const closer = Math.min(most, (wide - LEAST.far * far) / near);
  if (closer < equal * WORTH_IT) return { near: equal, far: equal };
  return { near: closer, far: Math.min(closer, (wide - closer * near) / far) };
}

/**
 * Sets `--near`, `--far` (scales) and `--near-tall`, `--far-tall` of the room for `count` devices beside each other, of which `near` are
 * looked at; `data-closer` where one of them could be drawn larger. On a narrow screen one is seen at a time.
 */
export function useScale(count: number, near: number): RefObject<HTMLElement | null> {
  const room = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = room.current;
    if (element === null) return;
    const narrow = window.matchMedia(NARROW);
    const measure = () => {
      const whole = element.getBoundingClientRect();
      if (whole.width === 0) return;
      const beside = narrow.matches ? BESIDE.heightNarrow : BESIDE.height;
      const size = { width: whole.width, height: whole.height - beside };
      const scales = narrow.matches ? scalesFor(size, 1, 0) : scalesFor(size, count, near);
      for (const which of ['near', 'far'] as const) {
        const tall = Math.min(PHONE.tallest, size.height / scales[which]);
        element.style.setProperty(`--${which}`, scales[which].toFixed(3));
        element.style.setProperty(`--${which}-tall`, `${Math.floor(tall)}px`);
      }
      const one = scalesFor(size, count, 1);
      element.toggleAttribute('data-closer', !narrow.matches && one.near > one.far);
    };
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    narrow.addEventListener('change', measure);
    return () => {
      watch.disconnect();
      narrow.removeEventListener('change', measure);
    };
  }, [count, near]);
  return room;
}
