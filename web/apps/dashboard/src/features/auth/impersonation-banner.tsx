import { useMutation } from "@tanstack/react-query";
import { VenetianMask } from "lucide-react";
import { api, done } from "@tenon/api";
import { Button } from "@tenon/ui";
import { tellFailure } from "../../app/failure";
import { useForgetSession, useMe } from "./me";
import styles from "./banner.module.css";

/** Above every page while an administrator acts for somebody: what is done now is done in that person's name. */
export function ImpersonationBanner() {
  const { user, impersonator } = useMe();
  const forget = useForgetSession();
  const end = useMutation({ mutationFn: () => done(api.POST("/api/auth/impersonation/end")), onSuccess: forget, onError: tellFailure("It could not be ended") });
  if (!impersonator) return null;
  return (
    <aside className={styles.banner} aria-label="You are acting for somebody">
      <VenetianMask size={16} aria-hidden />
      <p className={styles.words}>
        You are acting for <strong>{user.name}</strong>, as {impersonator.name}. Every entry in the activity says so.
      </p>
      <div className={styles.actions}>
        <Button tone="quiet" size="sm" busy={end.isPending} onClick={() => end.mutate()}>
          End
        </Button>
      </div>
    </aside>
  );
}
