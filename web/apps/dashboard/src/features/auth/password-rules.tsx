import { Check, Circle } from "lucide-react";
import styles from "./auth.module.css";

const RULES: readonly { text: string; met: (password: string) => boolean }[] = [
  { text: "8 to 128 characters", met: (password) => [...password].length >= 8 && [...password].length <= 128 },
  { text: "An upper-case letter", met: (password) => /\p{Lu}/u.test(password) },
  { text: "A lower-case letter", met: (password) => /\p{Ll}/u.test(password) },
  { text: "A digit", met: (password) => /[0-9]/.test(password) },
];

export const meetsRules = (password: string) => RULES.every((rule) => rule.met(password));

export function PasswordRules({ password }: { password: string }) {
  return (
    <ul className={styles.rules}>
      {RULES.map((rule) => {
        const met = rule.met(password);
        return (
          <li key={rule.text} className={styles.rule} data-met={met}>
            {met ? <Check size={13} strokeWidth={2.4} aria-hidden /> : <Circle size={13} aria-hidden />}
            {rule.text}
            <span className="visually-hidden">{met ? ", met" : ", not met yet"}</span>
          </li>
        );
      })}
    </ul>
  );
}
