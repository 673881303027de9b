import { useMutation } from "@tanstack/react-query";
import { api, done } from "@tenon/api";
import { toast } from "@tenon/ui";
import { tellFailure } from "../../app/failure";

/** Sends the link that confirms the signed-in person's address once more; the links before it are void then. */
export function useResendLink(email: string) {
  return useMutation({
    mutationFn: () => done(api.POST("/api/auth/email/resend")),
    onSuccess: () => toast.done("The link is on its way", `Look in the mail of ${email}.`),
    onError: tellFailure("The link could not be sent"),
  });
}
