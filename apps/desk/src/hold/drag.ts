/**
 * A card that is dragged with a pointer or a finger onto a device.
 *
 * What must hold: a press without a movement is a press, and picks the card up as the keyboard does; a drag that ends nowhere puts it back.
 */
import { type PointerEvent, type RefObject, useRef } from 'react';
import type { CardId } from '../set.ts';

export interface Dragging {
  onPointerDown(event: PointerEvent<HTMLElement>): void;
  onPointerMove(event: PointerEvent<HTMLElement>): void;
  onPointerUp(event: PointerEvent<HTMLElement>): void;
  onPointerCancel(): void;
  /** A click that ended a drag is none. */
  onClickCapture(event: { preventDefault(): void; stopPropagation(): void }): void;
}

export interface DragEnds {
  readonly onStart: () => void;
  readonly onDrop: (device: string) => void;
  readonly onNowhere: () => void;
  /** What follows the pointer. */
  readonly ghost: RefObject<HTMLElement | null>;
}

/** Pixels that a hand trembles. */
const TREMBLE = 6;

export function useDrag(card: CardId, { onStart, onDrop, onNowhere, ghost }: DragEnds): Dragging {
  const from = useRef<{ x: number; y: number } | undefined>(undefined);
  const isDragging = useRef(false);
  const wasDragged = useRef(false);
  const follow = (x: number, y: number) => {
    const element = ghost.current;
    if (element === null) return;
    element.dataset.card = card;
    element.style.translate = `${x}px ${y}px`;
  };
  const end = () => {
    from.current = undefined;
    isDragging.current = false;
  };
  return {
    onPointerDown(event) {
      if (event.button !== 0) return;
      wasDragged.current = false;
      from.current = { x: event.clientX, y: event.clientY };
      // From here on: a quick hand has left the card before it has moved on it.
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove(event) {
      const start = from.current;
      if (start === undefined) return;
      const { clientX: x, clientY: y } = event;
      if (!isDragging.current) {
        if (Math.hypot(x - start.x, y - start.y) < TREMBLE) return;
        isDragging.current = true;
        wasDragged.current = true;
        onStart();
      }
      follow(x, y);
    },
    onPointerUp(event) {
      if (isDragging.current) {
        const device = deviceAt(event.clientX, event.clientY);
        if (device === undefined) onNowhere();
        else onDrop(device);
      }
      end();
    },
    onPointerCancel() {
      if (isDragging.current) onNowhere();
      end();
    },
    onClickCapture(event) {
      if (!wasDragged.current) return;
      wasDragged.current = false;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}

function deviceAt(x: number, y: number): string | undefined {
  for (const element of document.elementsFromPoint(x, y)) {
    const device = element.closest<HTMLElement>('[data-device]');
    if (device !== null) return device.dataset.device;
  }
  return undefined;
}
