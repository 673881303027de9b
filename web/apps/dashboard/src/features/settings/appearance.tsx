import { RadioGroup } from "radix-ui";
import { Card, useTheme, type ThemeChoice } from "@tenon/ui";
import styles from "./settings.module.css";

const THEMES: readonly { value: ThemeChoice; label: string }[] = [
  { value: "system", label: "System" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];

export function AppearanceSection() {
  const { choice, choose } = useTheme();
  return (
    <Card title="Theme" description="Kept in this browser.">
      <RadioGroup.Root className={styles.themes} aria-label="Theme" value={choice} onValueChange={(next) => choose(next as ThemeChoice)}>
        {THEMES.map(({ value, label }) => (
          <RadioGroup.Item key={value} value={value} className={styles.theme}>
            <span className={styles.preview} data-theme={value} aria-hidden>
              <span />
              <span className={styles.lines}>
                <i />
                <i />
                <i />
              </span>
            </span>
            {label}
          </RadioGroup.Item>
        ))}
      </RadioGroup.Root>
    </Card>
  );
}
