/**
 * How large the devices are drawn, so that all of them are in view.
 *
 * What must hold: a device's own page always has the width of a phone; it is only drawn smaller, never larger.
 */
import { type RefObject, useEffect, useRef } from 'react';

/** Of a phone, in its own pixels: as tall as there is room, between an old one and a new one. */
const PHONE = { width: 360, shortest: 680, tallest: 880 };
/** Rim and caption. */
const BESIDE = { width: 16, height: 54 };
const GAP = 12;
/** At both ends, for the marks around devices. */
const MARGIN = 16;
/** Smaller, nothing could be read. */
const LEAST = 0.3;
const NARROW = '(max-width: 63.99rem)';

/** Sets `--scale` of the room for `count` devices beside each other; on a narrow screen one is seen at a time. */
export function useScale(count: number): RefObject<HTMLElement | null> {
  const room = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = room.current;
    if (element === null) return;
    const narrow = window.matchMedia(NARROW);
    const measure = () => {
      const seen = narrow.matches ? 1 : count;
      const { width: whole, height } = element.getBoundingClientRect();
      if (whole === 0) return;
      const width = whole - MARGIN;
      const across = ((width - GAP * (seen - 1)) / seen - BESIDE.width) / PHONE.width;
      const down = (height - BESIDE.height) / PHONE.shortest;
      const scale = Math.max(LEAST, Math.min(1, across, down));
      const tall = Math.min(PHONE.tallest, (height - BESIDE.height) / scale);
      element.style.setProperty('--scale', scale.toFixed(3));
      element.style.setProperty('--tall', `${Math.floor(tall)}px`);
    };
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    narrow.addEventListener('change', measure);
    return () => {
      watch.disconnect();
      narrow.removeEventListener('change', measure);
    };
  }, [count]);
  return room;
}
