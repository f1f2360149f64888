import { type ReactNode, useId } from "react";
import type { PayloadError } from "./useMutation";

interface FieldProps {
  label: string;
  /** The name of the field in the API's errors. */
  name?: string;
  error?: PayloadError | null;
  value: string;
  onChange: (value: string) => void;
  type?: "text" | "password" | "number" | "datetime-local" | "time";
  note?: ReactNode;
  required?: boolean;
}

/** A text field, beside which an error about just this field is shown. */
export function Field({ label, name, error, value, onChange, type = "text", note, required }: FieldProps) {
  const id = useId();
  const noteId = `${id}note`;
  const wrong = error?.field && name && error.field.split(".").at(-1) === name ? error : null;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="input"
        type={type}
        value={value}
        required={required}
        autoComplete="off"
        aria-invalid={wrong ? true : undefined}
        aria-describedby={wrong || note ? noteId : undefined}
        onChange={(event) => onChange(event.target.value)}
      />
      {wrong || note ? (
        <span id={noteId} className={wrong ? "error" : "quiet small"}>
          {wrong ? wrong.message : note}
        </span>
      ) : null}
    </div>
  );
}

/** An error that no field of the form shows. */
export function FormError({ error, shown = [] }: { error: PayloadError | null; shown?: readonly string[] }) {
  if (!error || (error.field && shown.includes(error.field.split(".").at(-1) ?? ""))) return null;
  return (
    <p className="red" role="alert">
      <span className="mono">{error.code}</span> {error.message}
    </p>
  );
}
