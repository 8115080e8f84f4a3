/**
 * A sheet over the page, from below on a phone and in the middle elsewhere. The browser's own dialog: it keeps the focus, and Escape closes it.
 */
import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { catalogue, useTexts } from '../language/language.tsx';
import { IconButton } from './button.tsx';

const TEXTS = catalogue({ close: 'Close' }, { close: '閉じる' });

export interface SheetProps {
  readonly title: string;
  readonly open: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Sheet({ title, open, onClose, children }: SheetProps) {
  const texts = useTexts(TEXTS);
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    <dialog
      ref={dialog}
      className="sk-sheet"
      aria-labelledby={id}
      // Escape asks, and the page closes: closed by the browser alone, it would be shut and `open` for a moment, and not open again.
      onCancel={(event) => {
        if (event.target !== dialog.current) return;
        event.preventDefault();
        onClose();
      }}
      // Told a moment later, when it may be open again; of a sheet over this one, too.
      onClose={({ target }) => target === dialog.current && !dialog.current.open && open && onClose()}
    >
      {open && (
        <>
          <div className="sk-sheet-head">
            <h2 id={id}>{title}</h2>
            <IconButton icon={X} name={texts.close} onPress={onClose} />
          </div>
          <div className="sk-sheet-body">{children}</div>
        </>
      )}
    </dialog>
  );
}
