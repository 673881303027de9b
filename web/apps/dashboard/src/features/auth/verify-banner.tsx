import { Check, MailCheck } from "lucide-react";
import { Button } from "@tenon/ui";
import { OutboxLink } from "../letters/outbox-link";
import { useMe } from "./me";
import { useResendLink } from "./verification";
import styles from "./banner.module.css";

/** Above every page as long as nobody has shown that they read the account's mail. */
export function VerifyBanner() {
  const { user } = useMe();
  const resend = useResendLink(user.email);
  if (user.email_verified) return null;
  return (
    <aside className={styles.banner} aria-label="Your address is not confirmed">
      <MailCheck size={16} aria-hidden />
      <p className={styles.words}>
        Please confirm <strong>{user.email}</strong> by the link in our letter.
      </p>
      <div className={styles.actions}>
        <Button tone="quiet" size="sm" busy={resend.isPending} disabled={resend.isSuccess} icon={resend.isSuccess ? <Check /> : undefined} onClick={() => resend.mutate()}>
          {resend.isSuccess ? "Sent" : "Send the link again"}
        </Button>
        <OutboxLink />
      </div>
    </aside>
  );
}
