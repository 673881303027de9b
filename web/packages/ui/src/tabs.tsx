import type { ReactNode } from "react";
import { Tabs as Primitive, ToggleGroup } from "radix-ui";
import styles from "./tabs.module.css";

export type Choice<T extends string> = { value: T; label: ReactNode };

export function Tabs<T extends string>({ label, value, onChange, tabs, children }: {
  label: string;
  value: T;
  onChange: (value: T) => void;
  tabs: readonly Choice<T>[];
  children: ReactNode;
}) {
  return (
    <Primitive.Root value={value} onValueChange={(next) => onChange(next as T)}>
      <Primitive.List className={styles.list} aria-label={label}>
        {tabs.map((tab) => (
          <Primitive.Trigger key={tab.value} value={tab.value} className={styles.tab}>
            {tab.label}
          </Primitive.Trigger>
        ))}
      </Primitive.List>
      <Primitive.Content value={value} className={styles.content} tabIndex={-1}>
        {children}
      </Primitive.Content>
    </Primitive.Root>
  );
}

/** A few alternatives side by side where exactly one holds. */
export function Segmented<T extends string>({ label, value, onChange, choices }: {
  label: string;
  value: T;
  onChange: (value: T) => void;
  choices: readonly Choice<T>[];
}) {
  return (
    <ToggleGroup.Root type="single" className={styles.segments} aria-label={label} value={value} onValueChange={(next) => next && onChange(next as T)}>
      {choices.map((choice) => (
        <ToggleGroup.Item key={choice.value} value={choice.value} className={styles.segment}>
          {choice.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
