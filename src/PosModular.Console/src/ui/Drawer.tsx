import { type ReactNode, useEffect, useRef } from "react";

/** Details beside a list, which stays where it is. Escape closes it and returns the focus. */
export function Drawer({
  title,
  note,
  close,
  children,
}: {
  title: ReactNode;
  note?: ReactNode;
  close: () => void;
  children: ReactNode;
}) {
  const element = useRef<HTMLElement>(null);
  const closing = useRef(close);
  closing.current = close;
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    element.current?.focus();
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !document.querySelector("dialog[open]")) closing.current();
    };
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("keydown", onKey);
      before?.focus();
    };
  }, []);
  return (
    <aside className="drawer" ref={element} tabIndex={-1} aria-label="Details">
      <header>
        <div>
          <h2>{title}</h2>
          {note ? <p className="quiet small">{note}</p> : null}
        </div>
        <button type="button" className="button" onClick={close}>
          Close
        </button>
      </header>
      {children}
    </aside>
  );
}

/** A modal dialog. */
export function Modal({ title, close, children }: { title: string; close: () => void; children: ReactNode }) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    element.current?.showModal();
  }, []);
  return (
    <dialog ref={element} aria-label={title} onClose={close}>
      <div className="form">
        <h2>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}
