/**
 * Keys of a keyboard for a part of the screen that has no field.
 *
 * What must hold: what is meant for a field, or for a sheet that lies over the part, is not taken; nor is what goes with Ctrl, Alt or the command key.
 */
import { type RefObject, useEffect } from 'react';

export function useKeys(part: RefObject<HTMLElement | null>, hear: (event: KeyboardEvent) => void): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isField(event.target)) return;
      const over = document.querySelector('dialog[open]');
      if (over === null || over.contains(part.current)) hear(event);
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, [part, hear]);
}

/** Inputs that nothing is typed into. */
const CHOOSES: ReadonlySet<string> = new Set(['radio', 'checkbox']);

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    /^(TEXTAREA|SELECT)$/.test(target.tagName) ||
    (target instanceof HTMLInputElement && !CHOOSES.has(target.type)));
