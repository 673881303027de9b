import { createContext, useContext, useId, useState, type ComponentProps, type ReactNode } from "react";
import { ChevronDown, Eye, EyeOff } from "lucide-react";
import { classNames } from "./class-names";
import styles from "./field.module.css";

type FieldIds = { id: string; describedBy: string | undefined; invalid: boolean };
const FieldContext = createContext<FieldIds | null>(null);

export function Field({ label, hint, error, optional, children, className }: {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | readonly string[] | null;
  optional?: boolean;
  children: ReactNode;
  className?: string;
}) {
  const id = useId();
  const faults = (typeof error === "string" ? [error] : error ?? []).filter(Boolean);
  const invalid = faults.length > 0;
  const describedBy = classNames(hint ? `${id}-hint` : null, invalid && `${id}-error`) || undefined;
  return (
    <FieldContext.Provider value={{ id, describedBy, invalid }}>
      <div className={classNames(styles.field, className)}>
        <label className={styles.label} htmlFor={id}>
          {label}
          {optional && <span className={styles.optional}>Optional</span>}
        </label>
        {children}
        {invalid && (
          <p className={styles.error} id={`${id}-error`} role="alert">
            {faults.join(" ")}
          </p>
        )}
        {hint && (
          <div className={styles.hint} id={`${id}-hint`}>
            {hint}
          </div>
        )}
      </div>
    </FieldContext.Provider>
  );
}

function useFieldProps() {
  const field = useContext(FieldContext);
  if (!field) return {};
  return { id: field.id, "aria-describedby": field.describedBy, "aria-invalid": field.invalid || undefined };
}

export function Input({ icon, className, ...rest }: ComponentProps<"input"> & { icon?: ReactNode }) {
  const field = useFieldProps();
  const input = <input className={classNames(styles.control, icon ? styles.withIcon : null, className)} {...field} {...rest} />;
  if (!icon) return input;
  return (
    <span className={styles.wrap}>
      <span className={styles.icon}>{icon}</span>
      {input}
    </span>
  );
}

export function PasswordInput(props: Omit<ComponentProps<"input">, "type">) {
  const [shown, setShown] = useState(false);
  const field = useFieldProps();
  return (
    <span className={styles.wrap}>
      <input className={classNames(styles.control, styles.withEnd)} {...field} {...props} type={shown ? "text" : "password"} />
      <button type="button" className={styles.end} aria-label={shown ? "Hide password" : "Show password"} aria-pressed={shown} onClick={() => setShown(!shown)}>
        {shown ? <EyeOff size={15} /> : <Eye size={15} />}
      </button>
    </span>
  );
}

export function Textarea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea className={classNames(styles.control, styles.area, className)} {...useFieldProps()} {...rest} />;
}

/** The browser's own select: it has the keyboard, the screen reader and the phone's wheel already right. */
export function Select({ className, children, ...rest }: ComponentProps<"select">) {
  return (
    <span className={classNames(styles.wrap, className)}>
      <select className={classNames(styles.control, styles.select)} {...useFieldProps()} {...rest}>
        {children}
      </select>
      <ChevronDown className={styles.chevron} size={14} aria-hidden />
    </span>
  );
}

export function CheckboxRow({ label, detail, ...rest }: Omit<ComponentProps<"input">, "type"> & { label: ReactNode; detail?: ReactNode }) {
  return (
    <label className={styles.check}>
      <input type="checkbox" {...rest} />
      <span>
        <span className={styles.checkLabel}>{label}</span>
        {detail && <span className={styles.checkDetail}>{detail}</span>}
      </span>
    </label>
  );
}
