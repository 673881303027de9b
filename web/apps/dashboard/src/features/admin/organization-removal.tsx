import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type AnyOrganization } from "@tenon/api";
import { Field, Input, toast } from "@tenon/ui";
import { onDate, plural } from "../../app/format";
import { useMe, useMoveSession } from "../auth/me";
import { ActionDialog } from "./action-dialog";
import { adminKey } from "./queries";

const KEPT_DAYS = 30;

/** When a deleted organization can be restored no more. */
export const removedAt = (deleted: string) => new Date(new Date(deleted).getTime() + KEPT_DAYS * 86_400_000).toISOString();

export function OrganizationRemoval({ organization, onClose }: { organization: AnyOrganization; onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const client = useQueryClient();
  const me = useMe();
  const move = useMoveSession();
  const remove = useMutation({
    mutationFn: () => data(api.DELETE("/api/admin/orgs/{id}", { params: { path: { id: organization.id } } })),
    onSuccess: async (deleted) => {
      onClose();
      toast.done("Organization deleted", `It can be restored until ${onDate(removedAt(deleted.deleted_at ?? new Date().toISOString()))}.`);
      /* This session was in it, and is in another one of the person's now. */
      if (organization.id === me.organization.id) await move(organization.id);
      else await client.invalidateQueries({ queryKey: adminKey });
    },
  });
  return (
    <ActionDialog
      title={`Delete ${organization.name}?`}
      description={`${organization.member_count === 1 ? "Its only member is" : `Its ${plural(organization.member_count, "member")} are`} signed out of it and its API keys are refused, at once. For ${KEPT_DAYS} days an administrator can restore it, its owners cannot; then everything in it is removed for good.`}
      action="Delete organization"
      busy={remove.isPending}
      error={remove.error}
      ready={typed.trim() === organization.name.trim()}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <Field label="Its name, to confirm" hint={organization.name}>
        <Input value={typed} autoComplete="off" spellCheck={false} onChange={(event) => setTyped(event.target.value)} />
      </Field>
    </ActionDialog>
  );
}
